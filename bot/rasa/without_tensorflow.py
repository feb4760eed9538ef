"""Answers `import tensorflow` with empty classes: a third of Rasa's start and 300 MB saved.

Rasa 3.6.21 imports TensorFlow wherever its neural classifiers are declared, and no component of
ours uses one. A pipeline that does must be started by plain `rasa` instead of
`python -m bot.rasa.launch`; here its first use of TensorFlow raises NotLoaded.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Optional, Sequence

NAMES = frozenset({"tensorflow", "tensorflow_addons", "tensorflow_text", "tensorflow_hub", "keras"})

ABSENT = "tensorflow.experimental"
"""By this module thinc (spaCy) sees whether TensorFlow is there; it must find that it is not."""


class NotLoaded(RuntimeError):
    """Something asked TensorFlow to work; start with plain `rasa` to have it."""


class _Empty(type):
    """The type of classes that stand for anything in TensorFlow: base, decorator, namespace."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _empty(name)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__module__ != __name__:
            raise NotLoaded(f"{cls.__name__} needs TensorFlow, which bot.rasa.launch leaves out")
        # A decorator gives back what it is put on; anything else gives something empty.
        return args[0] if len(args) == 1 and callable(args[0]) and not kwargs else _empty("made")

    def __getitem__(cls, _item: Any) -> Any:
        return cls

    def __or__(cls, _other: Any) -> Any:  # type: ignore[override]
        return cls


def _empty(name: str) -> _Empty:
    return _Empty(name, (), {"__module__": __name__})


class _Module(ModuleType):
    """A module in which every name exists."""

    __version__ = "0.0.0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _empty(name)
        setattr(self, name, made)
        return made


class _Finder(MetaPathFinder, Loader):
    """Finds every module of NAMES, and makes it empty."""

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if fullname.partition(".")[0] not in NAMES or fullname.startswith(ABSENT):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def install() -> None:
    """Put the stand-in before the real package; does nothing once TensorFlow is loaded."""
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder())
