"""Files below one root folder. No path leads out of it, not even through links."""

from __future__ import annotations

import asyncio
import atexit
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reference_workers.client import FunctionError
from reference_workers.client.context import Json
from reference_workers.service import COUNT, STRING, Function, array, form, text

VARIABLE = "TOOLS_ROOT"
"""The root folder. Without it, files are in a temporary folder that is removed with the worker."""

LARGEST = 1_000_000
"""The largest file that is read or written, in bytes."""

MOST_ENTRIES = 1000
"""The most names in the list of a folder."""

PATH = text(1000, description="A path below the root folder.")


class Files:
    """Reads, writes and lists."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        named = environment.get(VARIABLE, "").strip()
        if not named:
            temporary = tempfile.TemporaryDirectory(prefix="iii-tools-")
            atexit.register(temporary.cleanup)
            named = temporary.name
        self._root = Path(named)

    def functions(self) -> dict[str, Function]:
        """The tools, by id."""
        return {
            "file::read": Function(
                self.read,
                form("path", path=PATH, example={"path": "a.txt"}),
                form("text", text=STRING),
            ),
            "file::write": Function(
                self.write,
                form(
                    *("path", "text"),
                    path=PATH,
                    text={"type": "string", "maxLength": LARGEST},
                    example={"path": "notes/a.txt", "text": "Hello"},
                ),
                form("path", "bytes", path=STRING, bytes=COUNT),
            ),
            "file::list": Function(
                self.entries,
                form(path=PATH, example={}),
                form("entries", entries=array(form("name", "kind", name=STRING, kind=STRING))),
            ),
        }

    async def read(self, data: dict[str, Any]) -> Json:
        """Read a file of text below the root folder."""
        return await asyncio.to_thread(self._read, data["path"])

    async def write(self, data: dict[str, Any]) -> Json:
        """Write a file of text below the root folder, in the place of one that is there."""
        return await asyncio.to_thread(self._write, data["path"], data["text"])

    async def entries(self, data: dict[str, Any]) -> Json:
        """List a folder below the root folder, or the root folder."""
        return await asyncio.to_thread(self._list, data.get("path", "."))

    def _read(self, name: str) -> Json:
        path = self._place(name)
        try:
            # Protects against a link created meanwhile, and against a pipe without a writer.
            with os.fdopen(os.open(path, os.O_RDONLY | _GUARDED), "rb") as file:
                content = file.read(LARGEST + 1)
        except OSError as fault:
            raise _refused(fault, name) from None
        if len(content) > LARGEST:
            raise FunctionError("too_large", f"{name!r:.100} has more than {LARGEST} bytes")
        return {"text": content.decode("utf-8", "replace")}

    def _write(self, name: str, content: str) -> Json:
        path, made = self._place(name), content.encode("utf-8", "replace")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _GUARDED
            with os.fdopen(os.open(path, flags, 0o644), "wb") as file:
                file.write(made)
        except OSError as fault:
            raise _refused(fault, name) from None
        return {"path": path.relative_to(self._root.resolve()).as_posix(), "bytes": len(made)}

    def _list(self, name: str) -> Json:
        try:
            with os.scandir(self._place(name)) as found:
                entries = sorted(
                    (entry.name, "folder" if entry.is_dir(follow_symlinks=False) else "file")
                    for entry in found
                )
        except OSError as fault:
            raise _refused(fault, name) from None
        told = [
            {"name": name.encode(errors="replace").decode(), "kind": kind} for name, kind in entries
        ]
        return {"entries": told[:MOST_ENTRIES]}

    def _place(self, name: str) -> Path:
        """The target of a path, with links resolved.

        Raises:
            FunctionError: ``forbidden``, when the target is outside the root folder.
        """
        root = self._root.resolve()
        try:
            root.mkdir(parents=True, exist_ok=True)
            path = (root / name).resolve()
        except (OSError, ValueError, RuntimeError) as fault:
            raise FunctionError("invalid_request", f"no path: {fault}"[:200]) from None
        if not path.is_relative_to(root):
            raise FunctionError("forbidden", f"{name!r:.100} leads out of the root folder")
        return path


_GUARDED = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def _refused(fault: OSError, name: str) -> FunctionError:
    code = "not_found" if isinstance(fault, FileNotFoundError) else "file_error"
    return FunctionError(code, f"{name!r:.100}: {fault.strerror}")
