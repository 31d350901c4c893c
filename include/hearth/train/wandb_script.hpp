/// The Python program that hands on to the package wandb what WandbLog feeds it.
#pragma once

namespace hearth::train {

/// `python3 -c wandb_script LINGER`: reads JSON lines from stdin, the first of which begins the run, and writes lines
/// to stdout: "ready …" with where the run is found, "told …" with something that went wrong, "failed …" with the
/// reason why nothing is logged. When stdin ends, the run does; LINGER seconds later the process, in any case.
inline constexpr const char* wandb_script = R"py(
import base64, json, os, select, sys, tempfile, threading, time

out = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)  # what the package prints is none of our lines


def say(word, text):
    try:
        out.write(word + " " + " ".join(str(text).split()) + "\n")
        out.flush()
    except OSError:
        pass  # nobody reads any more


def end_after_stdin():
    poll = select.poll()
    poll.register(0, 0)  # POLLHUP: nobody writes any more
    while not poll.poll():
        pass
    time.sleep(float(sys.argv[1]))
    os._exit(1)


def begin(entry):
    os.environ.setdefault("WANDB_SILENT", "true")
    try:
        import wandb
    except ModuleNotFoundError as error:
        if error.name != "wandb":
            raise
        raise ImportError(f"{sys.executable} has no package wandb: {os.path.basename(sys.executable)} -m pip install "
                          "wandb installs it") from None
    arguments = dict(entry["init"])
    if hasattr(wandb, "Settings"):
        try:  # the system's figures are to be those of the run's process
            arguments["settings"] = wandb.Settings(console="off", x_stats_pid=os.getppid())
        except Exception:
            arguments["settings"] = wandb.Settings(console="off")
    run = wandb.init(config=entry["config"], **arguments)
    if run is None:
        raise RuntimeError("wandb.init gave no run")
    url = getattr(run, "url", None)
    folder = os.path.dirname(getattr(run, "dir", "") or "")
    say("ready", f"the run is at {url}" if url else f"the run is in {folder}; wandb sync sends it" if folder else "")
    return wandb, run


def picture(wandb, entry, folder):
    """wandb.Image wants Pillow; a page with the picture in it does not."""
    data = entry["png"]
    try:
        import PIL.Image
    except ImportError:
        return wandb.Html(f'<img src="data:image/png;base64,{data}">', inject=False)
    file = tempfile.NamedTemporaryFile(dir=folder, suffix=".png", delete=False)
    with file:
        file.write(base64.b64decode(data))
    return wandb.Image(file.name)


def main():
    threading.Thread(target=end_after_stdin, daemon=True).start()
    code = 1
    try:
        first = json.loads(sys.stdin.buffer.readline())
        wandb, run = begin(first["begin"])
    except BaseException as error:
        say("failed", error if isinstance(error, ImportError) else f"{type(error).__name__}: {error}")
        return 1
    has_told = False
    with tempfile.TemporaryDirectory(prefix="hearth-wandb-") as folder:
        for line in sys.stdin.buffer:
            try:
                ((kind, entry),) = json.loads(line).items()
                if kind == "log":
                    run.log(entry["values"], step=entry["step"])
                elif kind == "image":
                    run.log({entry["name"]: picture(wandb, entry, folder)}, step=entry["step"])
                elif kind == "file":
                    run.save(entry["path"], base_path=entry["folder"], policy="now")
                elif kind == "end":
                    code = entry["exit_code"]
                    break
            except Exception as error:
                if not has_told:
                    say("told", f"{type(error).__name__}: {error}")
                has_told = True
        run.finish(exit_code=code)
    return 0


try:
    sys.exit(main())
except Exception as error:
    say("told", f"{type(error).__name__}: {error}")
    sys.exit(1)
)py";

}  // namespace hearth::train
