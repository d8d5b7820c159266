"""Copier does for a project once what it would do for each file, and is afterwards what it was."""

from typing import Any

import pytest
from jinja2 import Environment
from jinja2.sandbox import SandboxedEnvironment

from create_12_factor_agent.template.rendering import _compiled_once, _no_index_asked


def code_of(environment: Environment, source: str) -> Any:
    return environment.from_string(source).root_render_func.__code__


def test_the_same_text_is_compiled_once_and_rendered_each_time() -> None:
    environment = SandboxedEnvironment()
    with _compiled_once():
        assert code_of(environment, "{{ a }}") is code_of(environment, "{{ a }}")
        assert code_of(environment, "{{ b }}") is not code_of(environment, "{{ a }}")
        assert [environment.from_string("{{ a }}").render(a=a) for a in "xy"] == ["x", "y"]


def test_environments_do_not_share_what_they_compiled() -> None:
    escaping, plain = Environment(autoescape=True), Environment()
    with _compiled_once():
        assert escaping.from_string("{{ a }}").render(a="<") == "&lt;"
        assert plain.from_string("{{ a }}").render(a="<") == "<"


def test_afterwards_jinja_is_as_before_also_behind_an_error() -> None:
    before = Environment.compile
    with pytest.raises(ZeroDivisionError), _compiled_once():
        raise ZeroDivisionError
    assert Environment.compile is before


def test_the_method_of_copier_s_that_is_left_out_is_there() -> None:
    """Else a rendering takes a third longer, and nobody sees why."""
    from copier import _main

    worker, name = _main.Worker, "_sync_git_index_executable_bit"
    ask = getattr(worker, name)
    with _no_index_asked():
        assert getattr(worker, name) is not ask
    assert getattr(worker, name) is ask
