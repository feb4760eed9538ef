"""A small cache of things that never change, shared by the threads of one process."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock


class Cache[Value]:
    """Keeps the `size` values used last, by a key that stands for the value's whole content."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[object, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: object, make: Callable[[], Value]) -> Value:
        """The value of `key`; `make` is called when it is not here, outside the lock."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return value
