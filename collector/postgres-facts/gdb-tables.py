"""Runs inside gdb, attached to a backend: asks the server's own functions for their names. Called by generate-tables.py."""

import json
import os

import gdb

TAG_COUNT = int(os.environ["TAG_COUNT"])
UNKNOWN = {None, "???", "unknown wait event"}
LWLOCK, LOCK, BUFFER_PIN, EXTENSION, INJECTION_POINT = 0x01, 0x03, 0x04, 0x07, 0x0B


def text(call):
    address = int(gdb.parse_and_eval("(unsigned long) " + call))
    return gdb.Value(address).cast(gdb.lookup_type("char").pointer()).string() if address else None


def event_class(number):
    name = text(f"((unsigned long (*)(unsigned int)) pgstat_get_wait_event_type)({number << 24:#x})")
    return None if name in UNKNOWN else name


def event(identifier):
    name = text(f"((unsigned long (*)(unsigned int)) pgstat_get_wait_event)({identifier:#x})")
    return None if name in UNKNOWN or name.startswith("<unassigned") else name


def events(number):
    """The ids of a class with their names; ids without a name in between are left out."""
    base = number << 24
    if number in (BUFFER_PIN, EXTENSION):
        # One built-in event. Asking for another extension event may raise an error in the server (17 and later).
        return [(base, event(base))]
    if number == INJECTION_POINT:
        # All its events are dynamic.
        return []
    found = []
    for identifier in range(base, base + 256):
        name = event(identifier)
        if number == LWLOCK and name == "extension":
            break
        if name:
            found.append((identifier, name))
    return found


# Class 0x00 means "not waiting" and is not asked for; the server's classes are all below 0x10.
classes = [(n, name) for n, name in ((n, event_class(n)) for n in range(1, 0x10)) if name]
tags = [text(f"((unsigned long (*)(int)) GetCommandTagName)({n})") for n in range(TAG_COUNT)]
with open(os.environ["RESULT"], "w") as out:
    json.dump({"classes": classes, "events": {n: events(n) for n, _ in classes}, "tags": tags}, out)
gdb.execute("detach")
