"""One of the racing processes: on each line of its input, 50 threads ask for the same token at once.

Prints a JSON line a round: the SHA-256 of every token that was handed out, and the code of every refusal.
"""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from bursar import app

CALLERS = 50


def main(name: str) -> None:
    app.boot()
    ctx = app.context()
    from bursar.tokens.obtain import obtain
    from bursar.tokens.outcome import Obtained

    barrier = threading.Barrier(CALLERS)

    def ask(_: int) -> str:
        barrier.wait()
        found = obtain(ctx, name)
        return found.sha256 if isinstance(found, Obtained) else f"refused:{found.code}:{found.sentence}"

    with ThreadPoolExecutor(CALLERS) as pool:
        print("ready", flush=True)
        for _ in sys.stdin:
            answers = list(pool.map(ask, range(CALLERS)))
            print(json.dumps({answer: answers.count(answer) for answer in set(answers)}), flush=True)
    ctx.storage.close()


if __name__ == "__main__":
    main(sys.argv[1])
