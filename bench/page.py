"""docs/benchmarks.md: a heading for each part, of which a run may renew only some."""
import os
import pathlib
import platform
import re

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs/benchmarks.md"
INTRODUCTION = """\
# Benchmarks

Written by `make bench` (`tools/bench SECTION...` renews only some parts). Whatever is compared was run in turn, so
that a noisy machine was noisy for all of it: the ratios are what to look at, the figures are this machine's.
"""


def machine():
    """What it was measured on, and how busy that was with other things when the part began."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"Machine: {os.cpu_count()} cores, {platform.machine()}, {model[1] if model else 'unknown processor'}, "
            f"{memory:.0f} GB, Linux {platform.release()}; load average at the start {os.getloadavg()[0]:.1f}.")


def parts():
    """What the page holds now: lines by title."""
    held = re.split(r"^## (.*)\n", PAGE.read_text(encoding="utf-8") if PAGE.exists() else "", flags=re.MULTILINE)
    return {title: body.strip().splitlines() for title, body in zip(held[1::2], held[2::2])}


def write(renewed, order):
    """Replaces the parts that were measured again and keeps the others."""
    held = parts() | renewed
    text = INTRODUCTION
    for title in [title for title in order if title in held]:
        text += f"\n## {title}\n\n" + "\n".join(held[title]) + "\n"
    PAGE.write_text(text, encoding="utf-8")
    return text


def table(head, rows):
    """A table whose first column is text and whose others are figures."""
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]
