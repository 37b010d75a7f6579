import time

import pytest
from django.db.backends.utils import CursorWrapper

from tests.bench.bench_pages import *


@pytest.mark.django_db(transaction=True)
def test_p(pages, monkeypatch):
    fill_many(pages.ctx, 100000, pages.ctx.clock.now())
    c = pages.admin
    log = []
    orig = CursorWrapper.execute

    def ex(self, sql, params=None):
        t = time.thread_time()
        r = orig(self, sql, params)
        log.append((1000 * (time.thread_time() - t), sql[:1000], self))
        return r

    of = CursorWrapper.__getattr__
    monkeypatch.setattr(CursorWrapper, "execute", ex)

    for a in (
        "/tokens",
        "/settings",
        "/tokens?q=000123",
        "/tokens?q=kestrel+support",
        "/tokens?show=now",
        "/tokens?page=1000",
    ):
        c.get(a)
        log.clear()
        t = time.process_time()
        c.get(a)
        print(a, "cpu", 1000 * (time.process_time() - t), len(log))
        for ms, sql, _ in log:
            if ms > 1:
                print("   %.1f" % ms, " ".join(sql.split())[:230])
