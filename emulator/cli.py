"""The command line: `driftcloud serve`, and every verb of `control`."""

import argparse
import os
import sys
import typing
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from emulator.settings import PREFIX, Settings

if TYPE_CHECKING:
    from emulator import control

EPILOG = f"""\
Start here:
  driftcloud serve --estate startup        an account with a history and waste in it
  aws --endpoint-url http://127.0.0.1:4566 ec2 describe-instances
  driftcloud tick --days 7                 a week goes by
  driftcloud episode start janitor         a world to judge an agent in, and its keys

Every option of serve is a variable too: --data-dir is {PREFIX}DATA_DIR, and so on.
"""
# What each verb needs to reach its database; serve takes all the others as well.
_SHARED = ("data_dir", "database_url")

Verb = Callable[..., Coroutine[Any, Any, "control.Answer"]]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 not done, 2 not understood."""
    words = sys.argv[1:] if argv is None else list(argv)
    # whoever starts a server waits: the verbs, and what they need, are left out
    given = vars(parser(verbs_too=words[:1] != ["serve"]).parse_args(words))
    verb, as_json = given.pop("verb"), given.pop("json", False)
    # a verb's own options (--days, --seed) may be called as settings of serve are
    own = _SHARED if verb else [one.name for one in fields(Settings)]
    chosen = {name: given.pop(name, None) for name in own}
    try:
        settings = Settings.from_environment(**chosen)
        if given.get("secret_access_key") == "-":
            given["secret_access_key"] = sys.stdin.readline().rstrip("\r\n")
        if verb is None:
            from emulator.serve import serve

            return serve(settings)
        import asyncio

        from emulator import control

        answer = asyncio.run(_run(verb, settings, given, quiet=as_json))
    except _told() as error:
        from emulator.errors import Fault

        # a fault comes of a database that could not be reached; why, its cause tells
        why = error.__cause__ if isinstance(error, Fault) else None
        print(f"driftcloud: {why or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    try:
        told = _json if as_json or verb.__name__ in control.FOR_PROGRAMS else _readable
        print(told(answer), flush=True)
    except BrokenPipeError:
        # whoever read it had enough; Python would say so once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _told() -> tuple[type[Exception], ...]:
    """What can go wrong around this program, and is told in a line, without a traceback."""
    import asyncpg

    from emulator import control
    from emulator.database.installation import EmbeddedError
    from emulator.database.migrate import MigrationError
    from emulator.errors import Fault

    ours = (control.ControlError, EmbeddedError, MigrationError, Fault)
    return (*ours, ValueError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


def verbs() -> dict[str, Verb]:
    """The verbs by name, in the order in which their modules tell them."""
    import inspect

    from emulator import control, episode_verbs, guard_verbs, score_verbs

    return {
        name: function
        for module in (control, episode_verbs, guard_verbs, score_verbs)
        for name, function in vars(module).items()
        if inspect.iscoroutinefunction(function) and not name.startswith("_")
    }


def parser(*, verbs_too: bool = True) -> argparse.ArgumentParser:
    """The grammar of the command line, read off the verbs' signatures and docstrings."""
    top = argparse.ArgumentParser(
        prog="driftcloud",
        description="An AWS account that costs nothing, drifts into waste by itself, and answers"
        " every AWS client.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    serve = commands.add_parser("serve", help="run the server", description="Run the server.")
    _add_settings(serve, [one.name for one in fields(Settings)])
    serve.set_defaults(verb=None)
    groups: dict[str, Any] = {}
    for name, verb in verbs().items() if verbs_too else ():
        group, _, action = name.partition("_")
        if action and group not in groups:
            actions = [
                one.removeprefix(f"{group}_") for one in verbs() if one.startswith(f"{group}_")
            ]
            told = ", ".join(one.replace("_", "-") for one in actions)
            about = commands.add_parser(group, help=told, description=told)
            groups[group] = about.add_subparsers(title="commands", metavar="COMMAND", required=True)
        _add_verb(groups[group] if action else commands, action or name, verb)
    return top


def _add_verb(commands: Any, name: str, verb: Verb) -> None:
    import inspect

    about = inspect.getdoc(verb) or ""
    one = commands.add_parser(
        name.replace("_", "-"), help=about.partition("\n")[0], description=about
    )
    hints = typing.get_type_hints(verb, include_extras=True)
    for parameter in list(inspect.signature(verb).parameters.values())[1:]:
        kind, hint = _kind(hints[parameter.name])
        if parameter.default is parameter.empty:
            one.add_argument(parameter.name, type=kind, help=hint)
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            one.add_argument(
                parameter.name, type=kind, help=hint, nargs="?", default=parameter.default
            )
        elif kind is bool:
            flag = f"--{parameter.name.replace('_', '-')}"
            one.add_argument(flag, action="store_true", help=hint)
        else:
            shown = (
                f" (default: {parameter.default})" if parameter.default not in ("", None) else ""
            )
            one.add_argument(
                f"--{parameter.name.replace('_', '-')}",
                type=kind,
                default=parameter.default,
                help=hint + shown,
                metavar=parameter.name.rpartition("_")[2].upper(),
            )
    one.add_argument("--json", action="store_true", help="answer in JSON, for programs")
    _add_settings(one, _SHARED)
    one.set_defaults(verb=verb)


def parameters(verb: Verb) -> dict[str, Callable[[Any], Any]]:
    """The parameters of a verb, and what makes a value of each."""
    import inspect

    hints = typing.get_type_hints(verb, include_extras=True)
    names = list(inspect.signature(verb).parameters)[1:]
    return {name: _kind(hints[name])[0] for name in names}


def _add_settings(one: argparse.ArgumentParser, names: Sequence[str]) -> None:
    for setting in fields(Settings):
        if setting.name not in names:
            continue
        flag = f"--{setting.name.replace('_', '-')}"
        hint = setting.metadata["help"]
        if setting.type in (bool, "bool"):
            one.add_argument(flag, action="store_const", const="1", help=hint)
        else:
            default = getattr(Settings(), setting.name)
            shown = f" (default: {default})" if default not in ("", None) else ""
            metavar = "SECONDS|off" if setting.name == "drift_interval" else None
            one.add_argument(flag, help=f"{hint}{shown}".replace("%", "%%"), metavar=metavar)


def _kind(hint: Any) -> tuple[Callable[[str], Any], str]:
    text = ""
    if typing.get_origin(hint) is typing.Annotated:
        hint, text = typing.get_args(hint)
    if type(None) in typing.get_args(hint):
        hint = next(one for one in typing.get_args(hint) if one is not type(None))
    return hint, text


async def _run(
    verb: Verb, settings: Settings, given: dict[str, Any], *, quiet: bool
) -> "control.Answer":
    from emulator.server import open_world

    async with open_world(settings) as world:
        if not quiet and sys.stderr.isatty():
            world.progress = bar
        return await verb(world, **given)


def bar(done: int, total: int, what: str) -> None:
    """One line of progress on a terminal, redrawn in place."""
    width = 32
    filled = width * done // max(total, 1)
    line = f"\r{'█' * filled}{'·' * (width - filled)} {100 * done // max(total, 1):3d} %  {what}"
    print(f"{line:<78}", end="\n" if done >= total else "", file=sys.stderr, flush=True)


def _json(answer: "control.Answer") -> str:
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(answer, option=options, default=str).decode()


def _readable(answer: "control.Answer") -> str:
    """An answer as people read it: a table of rows, or a name and a value a line."""
    if isinstance(answer, list):
        return _table(answer)
    if len(answer) == 1:
        [value] = answer.values()
        if isinstance(value, str):
            return value
    width = max((len(name) for name in answer), default=0)
    lines = []
    for name, value in answer.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines.append(f"{name}:\n{_table(value)}")
        else:
            lines.append(f"{name:<{width}}  {_cell(value)}")
    return "\n".join(lines)


def _table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "(none)"
    names = list(rows[0])
    cells = [names] + [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(line[n]) for line in cells) for n in range(len(names))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, dict):
        return " ".join(f"{name}={_cell(one)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(one) for one in value) or "-"
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
