"""Performs the Dockerfile's steps in an empty folder, where no engine is at hand, and starts what they made.

The steps are read from the Dockerfile, never repeated here. The image's own folders are laid under the empty folder, a
fresh virtual environment stands for the base image's Python, and what the last stage does not copy is deleted before
anything is started. What this cannot show is the base image itself and the making of the account, which would change
this machine; its user number is used all the same, where we may change users.

Usage: prove_dockerfile.py CLEAN_CHECKOUT
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser

SUPPORTED = ("3.13", "3.12", "3.11")
ONLY_REMEMBERED = {"USER", "HEALTHCHECK", "ENTRYPOINT", "CMD", "STOPSIGNAL"}
ACCOUNT_STEP = re.compile(r"groupadd [^&]+ && useradd [^&]+ && install -d [^&]+")
REACHING_THE_REGISTRY = ("PIP_", "SSL_", "REQUESTS_", "HTTP_", "HTTPS_", "http_", "https_", "NO_PROXY", "no_proxy")
START_WITHIN_S = 30.0
STOP_WITHIN_S = 20.0


@dataclass(slots=True, kw_only=True)
class Image:
    """What the instructions have said so far."""

    checkout: Path
    folder: Path
    python: str
    own_paths: re.Pattern[str]
    env: dict[str, str] = field(default_factory=dict[str, str])
    workdir: str = "/"
    said: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def root(self) -> Path:
        """What stands for the image's `/`."""
        return self.folder / "root"

    def laid(self, path: str) -> Path:
        """Lay a path of the image under the folder."""
        return self.root / str(Path(self.workdir, path)).lstrip("/")

    def translate(self, text: str) -> str:
        """Lay every one of the image's own paths in a text under the folder."""
        return self.own_paths.sub(lambda match: str(self.laid(match[0])), text)

    def environment(self, **more: str) -> dict[str, str]:
        """Give a step what the image would hold, and how this machine reaches its registry."""
        inherited = {name: value for name, value in os.environ.items() if name.startswith(REACHING_THE_REGISTRY)}
        return {**inherited, "HOME": str(self.root), **self.env, **more}


def main() -> None:
    """Build, then start; every fault is an exception or an assertion."""
    checkout = Path(sys.argv[1]).resolve()
    dockerfile = DockerfileParser(path=str(checkout / "Dockerfile"))
    steps = [step for step in dockerfile.structure if step["instruction"] != "COMMENT"]
    with tempfile.TemporaryDirectory(prefix="imagebot-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        user = next(number_of(step["value"]) for step in steps if step["instruction"] == "USER")
        python, runs_as = choose_python(user)
        image = Image(checkout=checkout, folder=folder, python=python, own_paths=own_paths(steps))
        image.root.mkdir()
        for step in steps:
            perform(image, step["instruction"], step["value"])
        prove_commands(image, user=runs_as)
        prove_stop(image, user=runs_as)


def own_paths(steps: list[dict[str, str]]) -> re.Pattern[str]:
    """Find the folders an image calls its own: working folders, volumes, and what one stage hands to the next."""
    found: set[str] = set()
    for step in steps:
        match step["instruction"], step["value"]:
            case "WORKDIR", path:
                found.add(path)
            case "VOLUME", paths:
                found.update(json.loads(paths))
            case "COPY", value if value.startswith("--from="):
                found.add(value.split()[1])
            case _:
                continue
    return re.compile(r"(?<![\w./])(?:" + "|".join(map(re.escape, found)) + r")\b")


def choose_python(user: int) -> tuple[str, int | None]:
    """Prefer an interpreter that the image's user can start; else take the newest and stay who we are."""
    found = [path for version in SUPPORTED for path in find_pythons(version)]
    for python in found:
        if os.geteuid() == 0 and is_usable(python, user=user):
            say(f"with {Path(python).name}, as user {user}")
            return python, user
    python = next(python for python in found if is_usable(python, user=None))
    say(f"with {Path(python).name}, as ourselves: user {user} is not ours to be, or cannot start an interpreter here")
    return python, None


def find_pythons(version: str) -> Iterator[str]:
    """Find where the interpreters of a version really stand: the first on the path may be a switch between several."""
    for command in (f"python{version}", f"/usr/bin/python{version}"):
        with suppress(OSError, subprocess.CalledProcessError):
            yield subprocess.run(
                [command, "-c", "import sys; print(sys.executable)"],
                env={**os.environ, "PYENV_VERSION": version},
                capture_output=True,
                text=True,
                check=True,
            ).stdout.strip()


def is_usable(python: str, *, user: int | None) -> bool:
    """Tell whether an interpreter starts for a user and can make environments."""
    try:
        tried = subprocess.run(
            [python, "-c", "import ensurepip, venv"], user=user, group=user, cwd="/", capture_output=True, check=False
        )
    except OSError:
        return False
    return tried.returncode == 0


def perform(image: Image, instruction: str, value: str) -> None:
    """Do what one instruction says; raises where it fails or is not known here."""
    say(f"{instruction} {' '.join(value.split())}")
    match instruction:
        case "FROM":
            begin_stage(image)
        case "ENV":
            for name, _, text in (pair.partition("=") for pair in value.split()):
                image.env[name] = image.translate(text).replace(f"${name}", image.env.get(name, ""))
        case "WORKDIR":
            image.workdir = value
            image.laid(".").mkdir(parents=True, exist_ok=True)
        case "COPY":
            copy(image, value.split())
        case "RUN":
            run_step(image, value)
        case "VOLUME":
            for volume in json.loads(value):
                make_volume(image.laid(volume), owner=number_of(image.said["USER"]))
        case _ if instruction in ONLY_REMEMBERED:
            image.said[instruction] = value
        case _:
            raise NotImplementedError(f"{instruction} cannot be proved yet; teach this script to")


def begin_stage(image: Image) -> None:
    """Stand a fresh environment in for the base image, and nothing of the stage before."""
    base = Path(tempfile.mkdtemp(prefix="base-", dir=image.folder))
    subprocess.run([image.python, "-m", "venv", base], check=True)
    image.env = {"PATH": f"{base / 'bin'}:/usr/bin:/bin"}
    image.workdir = "/"


def number_of(user: str) -> int:
    """Read the user's number; a name would be another's on another machine."""
    return int(user.partition(":")[0])


def copy(image: Image, words: list[str]) -> None:
    """Copy files in; or, from the stage before, forget all but what is copied (an environment cannot be moved)."""
    *sources, target = words
    if sources[0].startswith("--from="):
        assert sources[1:] == [target], "an environment works only where it was made"
        kept = image.folder / "kept"
        image.laid(target).rename(kept)
        shutil.rmtree(image.root)
        image.laid(target).parent.mkdir(parents=True)
        kept.rename(image.laid(target))
        return
    for source in (image.checkout / source for source in sources):
        if source.is_dir():
            shutil.copytree(source, image.laid(target), ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, image.laid(target))


def run_step(image: Image, value: str) -> None:
    """Run a step's shell line; the account is not made, for it would be made on this machine."""
    if ACCOUNT_STEP.fullmatch(" ".join(value.split())):
        say("  (not performed: it would make an account on this machine)")
        return
    command = ["/bin/sh", "-euc", image.translate(value)]
    env = image.environment(HOME=str(Path.home()))  # where a person's own registry settings may stand
    subprocess.run(command, cwd=image.laid("."), env=env, check=True, stdout=subprocess.DEVNULL)


def make_volume(path: Path, *, owner: int) -> None:
    """Make an empty volume that belongs to the image's user."""
    path.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(path, owner, owner)


def start(image: Image, command: list[str], *, user: int | None, **settings: str) -> "subprocess.Popen[str]":
    """Start a command of the image the way an engine would: its user, its folder, its environment and no other."""
    return subprocess.Popen(
        command,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        cwd=image.laid("."),
        env=image.environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def prove_commands(image: Image, *, user: int | None) -> None:
    """Every command of the image starts, and without settings says what is missing instead of breaking."""
    entrypoint = json.loads(image.said["ENTRYPOINT"])
    health = json.loads(image.said["HEALTHCHECK"].partition(" CMD ")[2])
    for command, codes in (
        ([*entrypoint, "--version"], {0}),
        ([*entrypoint, *json.loads(image.said["CMD"])], {2}),
        (health, {1, 2}),
        ([*entrypoint, "demo"], {0}),
    ):
        process = start(image, locate(image, command), user=user)
        output, _ = process.communicate(timeout=120)
        say(f"{' '.join(command)} -> {process.returncode}")
        assert process.returncode in codes, f"{command}: exit code {process.returncode}, not {codes}\n{output}"
        assert "Traceback" not in output, output


def prove_stop(image: Image, *, user: int | None) -> None:
    """The stop signal reaches Python, which ends by itself: as process 1 it would not be ended by the signal."""
    command = [*json.loads(image.said["ENTRYPOINT"]), *json.loads(image.said["CMD"])]
    with silent_server() as (server, base):
        settings = {"DISCORD_TOKEN": "a.b.c", "EVOLINK_API_KEY": "sk-proof", "EVOLINK_FILES_BASE": base}
        process = start(
            image, locate(image, command), user=user, DISCORD_API_BASE=base, EVOLINK_API_BASE=base, **settings
        )
        try:
            with closing(server.accept()[0]):
                process.send_signal(signal.Signals[image.said["STOPSIGNAL"]])
                output, _ = process.communicate(timeout=STOP_WITHIN_S)
        finally:
            process.kill()
    say(f"{' '.join(command)}, then {image.said['STOPSIGNAL']} -> {process.returncode}")
    assert process.returncode == 0, f"exit code {process.returncode} after the stop signal\n{output}"


@contextmanager
def silent_server() -> Iterator[tuple[socket.socket, str]]:
    """Listen on loopback and answer nothing: a bot that calls here has started and is waiting."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(START_WITHIN_S)
        yield server, f"http://127.0.0.1:{server.getsockname()[1]}"


def locate(image: Image, command: list[str]) -> list[str]:
    """Find a command on the image's own path, and nowhere else."""
    found = shutil.which(command[0], path=image.env["PATH"])
    assert found is not None, f"{command[0]} is not in the image"
    assert Path(found).is_relative_to(image.root), f"{found} is this machine's, not the image's"
    return [found, *command[1:]]


def say(text: str) -> None:
    """Print one line of what is going on."""
    print(f"   {text[:150]}", flush=True)


if __name__ == "__main__":
    main()
