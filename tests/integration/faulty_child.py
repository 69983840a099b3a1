"""A cleaning child that dies, hangs or eats memory where the article says so, and cleans all others."""

import os
import signal
import time

from agents.clean_child import clean_record


def work(origin: bytes, value: bytes, limits: bytes) -> list[bytes]:
    if b"child-dies" in value:
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"child-hangs" in value:
        time.sleep(3600)
    if b"child-eats" in value:
        hoard = []
        while True:
            hoard.append(bytearray(64 * 1024 * 1024))
    return clean_record(origin, value, limits)
