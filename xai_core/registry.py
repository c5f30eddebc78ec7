"""Specs: what the product can do, as data. Forms, command line, contract tests and tables are made from them.

Adding a method is one file with a function and one `Spec` in the tuple of its package.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from .errors import InvalidInput, UnknownName


@dataclass(frozen=True)
class Parameter:
    """One adjustable number or choice.

    unit: shown beside the slider, in the words of the field ("sigma, 0-255 scale").
    log: true where a slider should step through powers of ten.
    """

    name: str
    label: str
    default: float | int | bool | str | None
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    help: str = ""

    @property
    def kind(self) -> Literal["choice", "bool", "int", "float"]:
        if self.choices:
            return "choice"
        if isinstance(self.default, bool):
            return "bool"
        return "int" if isinstance(self.default, int) else "float"

    def check(self, value: Any) -> Any:
        """Return `value` as this parameter's type, or raise `InvalidInput` with a sentence."""
        if self.choices:
            if value not in self.choices:
                raise InvalidInput(f"{self.label}: expected one of {', '.join(self.choices)}, received {value!r}.")
            return value
        if value is None and self.default is None:
            return None
        if self.kind == "bool":
            if not isinstance(value, bool):
                raise InvalidInput(f"{self.label}: expected true or false, received {value!r}.")
            return value
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise InvalidInput(f"{self.label}: expected a number, received {value!r}.") from None
        low, high = self.low, self.high
        if not ((low is None or number >= low) and (high is None or number <= high)):
            bounds = f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"
            raise InvalidInput(f"{self.label}: expected a value {bounds} {self.unit}".rstrip() + f", received {value!r}.")
        if self.kind == "int":
            if number != int(number):
                raise InvalidInput(f"{self.label}: expected a whole number, received {value!r}.")
            return int(number)
        return number


@dataclass(frozen=True)
class Spec:
    """A named capability.

    function: "package.module:attribute", imported on first use so that listing costs nothing.
    passes: cost in words ("1 forward pass", "steps forward and backward passes").
    supports: what it works on, in the keys of its registry ("shape": (28, 28, 1), "datasets": (...)).
    """

    name: str
    label: str
    function: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    citation: str = ""
    passes: str = ""
    supports: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> Callable[..., Any]:
        """Import and return the function."""
        module, attribute = self.function.split(":")
        loaded: Callable[..., Any] = getattr(import_module(module), attribute)
        return loaded

    def parameter(self, name: str) -> Parameter:
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise UnknownName(f"parameter of {self.label}", name, [p.name for p in self.parameters])

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters, checked: the given ones over the defaults."""
        values = {p.name: p.default for p in self.parameters}
        for name, value in given.items():
            values[name] = self.parameter(name).check(value)
        return values


class Registry:
    """Specs of one kind, in a fixed order."""

    def __init__(self, kind: str, specs: tuple[Spec, ...]) -> None:
        self.kind = kind
        self.specs = specs
        self._by_name = {spec.name: spec for spec in specs}
        if len(self._by_name) != len(specs):
            raise ValueError(f"Two {kind}s share a name.")

    def __iter__(self) -> Iterator[Spec]:
        return iter(self.specs)

    def __len__(self) -> int:
        return len(self.specs)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    def get(self, name: str) -> Spec:
        """The spec of that name; `UnknownName` with the closest match otherwise."""
        if name not in self._by_name:
            raise UnknownName(self.kind, name, self._by_name)
        return self._by_name[name]
