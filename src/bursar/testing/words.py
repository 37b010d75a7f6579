"""The practice provider's own words, in English and German: whose browser prefers German reads German.

This package is also used without Bursar's pages, so that it has its words here and not in Bursar's catalogue.
"""

ENGLISH, GERMAN = "en", "de"
WORDS: dict[str, dict[str, str]] = {
    "sign_in": {ENGLISH: "Sign in: practice provider", GERMAN: "Anmelden: Übungsanbieter"},
    "about": {ENGLISH: "Practice provider", GERMAN: "Übungsanbieter"},
    "refused": {ENGLISH: "Refused: practice provider", GERMAN: "Abgewiesen: Übungsanbieter"},
    "banner": {
        ENGLISH: "nothing here is real, and nobody outside this machine can reach it.",
        GERMAN: "nichts hier ist echt, und niemand außerhalb dieser Maschine erreicht es.",
    },
    "120": {ENGLISH: "2 minutes", GERMAN: "2 Minuten"},
    "120 why": {ENGLISH: "watch it being refreshed", GERMAN: "der Erneuerung zusehen"},
    "3600": {ENGLISH: "1 hour", GERMAN: "1 Stunde"},
    "3600 why": {ENGLISH: "as most providers have it", GERMAN: "wie bei den meisten Anbietern"},
    "no scope": {ENGLISH: "nothing in particular", GERMAN: "nichts Bestimmtes"},
    "who": {ENGLISH: "Who", GERMAN: "Wer"},
    "application": {ENGLISH: "Application", GERMAN: "Anwendung"},
    "refreshed": {ENGLISH: "Refreshed", GERMAN: "Erneuert"},
    "state": {ENGLISH: "State", GERMAN: "Zustand"},
    "revoked": {ENGLISH: "revoked", GERMAN: "widerrufen"},
    "alive": {ENGLISH: "alive", GERMAN: "am Leben"},
    "none yet": {ENGLISH: "None yet.", GERMAN: "Noch keine."},
    "not yet": {ENGLISH: "not yet", GERMAN: "noch nicht"},
    "once": {ENGLISH: "once", GERMAN: "einmal"},
    "twice": {ENGLISH: "twice", GERMAN: "zweimal"},
    "times": {ENGLISH: "{} times", GERMAN: "{}-mal"},
    "nothing given": {ENGLISH: "(nothing given)", GERMAN: "(nichts angegeben)"},
    "answered": {
        ENGLISH: "this page was answered before, or the provider was restarted",
        GERMAN: "diese Seite wurde schon beantwortet, oder der Anbieter wurde neu gestartet",
    },
    "older": {
        ENGLISH: "the page is from before the provider's last start",
        GERMAN: "die Seite ist von vor dem letzten Start des Anbieters",
    },
}


def language(accept: str) -> str:
    """Which of the two an `Accept-Language` header (RFC 9110 §12.5.4) prefers; English where it names neither."""
    best, found = 0.0, ENGLISH
    for item in accept.lower().split(","):
        tag, _, weight = item.partition(";")
        quality = _quality(weight)
        if (known := tag.strip().partition("-")[0]) in (ENGLISH, GERMAN) and quality > best:
            best, found = quality, known
    return found


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
