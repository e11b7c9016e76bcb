# SPDX-License-Identifier: Apache-2.0
"""The Python package on every Python of this machine: what it tells, what it never does, and how it is installed."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import textwrap

import pytest
from conftest import BUILD, EXE, closes

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python"
LIBRARY = BUILD / "src" / "api" / "libjoulebook.so"
LISTENER = BUILD / "tests" / "blackbox" / "listener"
VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13")


def find_pythons():
    """One interpreter for each version, from PATH, pyenv and uv."""
    found = {}
    places = [pathlib.Path(folder) for folder in os.environ.get("PATH", "").split(":") if folder]
    for pattern in (".pyenv/versions/*/bin", ".local/share/uv/python/*/bin"):
        places += sorted(pathlib.Path.home().glob(pattern))
    for place in [pathlib.Path("/usr/bin"), *places]:
        for version in VERSIONS:
            path = place / f"python{version}"
            if version not in found and "shims" not in path.parts and os.access(path, os.X_OK):
                found[version] = path
    return found


PYTHONS = find_pythons()


@pytest.fixture(params=VERSIONS)
def python(request):
    if request.param not in PYTHONS:
        pytest.skip(f"no Python {request.param} on this machine")
    return PYTHONS[request.param]


@pytest.fixture
def env(joulebook):
    return dict(joulebook.env, PYTHONPATH=str(PACKAGE), JOULEBOOK_LIBRARY=str(LIBRARY), PYTHONDONTWRITEBYTECODE="1")


def tell(python, env, *command):
    """The events that a script (or a program and its arguments) tells: for each thread "begin region x 0" and "end"."""
    words = ["-W", "error", "-c", textwrap.dedent(command[0])] if len(command) == 1 else command[1:]
    result = subprocess.run([LISTENER, python, *words], env=env, text=True, capture_output=True, timeout=120)
    assert (result.returncode, "Warning" in result.stderr, "Error" in result.stderr) == (0, False, False), result.stderr
    threads = {}
    for line in result.stdout.splitlines():
        thread, event = line.split(" ", 1)
        threads.setdefault(thread, []).append(event)
    return threads


def tell_alone(python, env, script):
    """The same of a script that has one thread."""
    threads = tell(python, env, script)
    assert len(threads) <= 1
    return next(iter(threads.values()), [])


def names(lines):
    """The same, short: "+x" and "-x" with the name of what was begun, or its kind and number."""
    short, stack = [], []
    for line in lines:
        words = line.split()
        if words[0] == "begin":
            stack.append(words[1] + words[-1] if words[1] in ("epoch", "step") else words[2])
            short.append("+" + stack[-1])
        else:
            short.append("-" + stack.pop())
    assert stack == [], "all that was begun was ended"
    return " ".join(short)


def test_all_kinds_nest_and_pass_values(python, env):
    lines = tell_alone(python, env, """
        import joulebook
        assert joulebook.active()
        with joulebook.run(name="does nothing here") as run:
            with joulebook.epoch(3), joulebook.step(70000), joulebook.phase("forward"), joulebook.region("größe"):
                pass
            with joulebook.epoch():
                with joulebook.step():
                    pass
        assert joulebook.report() is None
        """)
    assert [line.rsplit(" ", 2)[0].split()[-1] + " " + line.rsplit(" ", 1)[-1] for line in lines if line != "end"] == [
        "epoch 3", "step 4464", "phase 0", "region 0", "epoch 4", "step 4465"]
    assert any("größe" in line for line in lines)
    assert [line == "end" for line in lines] == [False] * 4 + [True] * 4 + [False] * 2 + [True] * 2


def test_a_loop_over_epochs_tells_its_plan(python, env):
    """Each turn is an epoch, and each way out of the loop ends it."""
    told = tell(python, env, """
        import joulebook
        assert list(joulebook.epochs(2)) == [0, 1]
        for e in joulebook.epochs(range(12, 30)):           # resumed
            if e == 13:
                break
        with joulebook.region("broken"):
            pass
        def first():
            for item in joulebook.epochs(["a", "b"]):
                with joulebook.step(5):
                    return item
        assert first() == "a"
        try:
            for e in joulebook.epochs(4):
                raise KeyError(e)
        except KeyError as error:
            kept = error                                     # and with it the frame of the loop
        with joulebook.region("raised"):
            pass
        turns = joulebook.epochs(9)
        assert next(turns) == 0
        turns.close()
        with joulebook.region("closed"):
            pass
        """)
    assert told.pop("plan") == ["9"]
    lines = next(iter(told.values()))
    assert names(lines) == ("+epoch0 -epoch0 +epoch1 -epoch1 +epoch12 -epoch12 +epoch13 -epoch13 +broken -broken "
                            "+epoch0 +step5 -step5 -epoch0 +epoch0 -epoch0 +raised -raised "
                            "+epoch0 -epoch0 +closed -closed")


@pytest.mark.parametrize("loop, plan", [
    ("30", "30"), ("range(1, 31)", "30"), ("range(12, 30)", "30"), ("range(0, 10, 2)", "5"), ("[1, 2, 3]", "3"), ("0", None), ("-3", None),
    ("iter([1, 2])", None), ("(x for x in [1])", None), ("1 << 31", None), ("Odd()", None)])
def test_the_plan_is_the_length_where_it_is_known(env, loop, plan):
    told = tell(sys.executable, env, f"""
        import joulebook
        class Odd:
            def __iter__(self): return iter([1])
            def __len__(self): raise OSError
        for e in joulebook.epochs(7): break                  # what was told before does not stay
        for e in joulebook.epochs({loop}):
            break
        """)
    assert told.get("plan", [None]) == [plan]


def test_a_library_without_plans_does_the_rest(python, env, tmp_path):
    """The package is newer than the library."""
    script = """
        import joulebook, joulebook._library as l
        real = l.Library._function
        class Old:
            def __init__(self, dll): self.dll = dll
            def __getattr__(self, name):
                if name == "jb_epochs": raise AttributeError(name)
                return getattr(self.dll, name)
        quick = l.ctypes.PyDLL
        l.ctypes.PyDLL = lambda path: Old(quick(path))
        for e in joulebook.epochs(2): pass
        """
    assert names(tell_alone(python, env, script)) == "+epoch0 -epoch0 +epoch1 -epoch1"


def test_decorators(python, env):
    lines = tell_alone(python, env, """
        import joulebook, inspect
        @joulebook.region
        def plain(a, *, b): "doc"; return a + b
        @joulebook.region("named")
        def named(): return plain(1, b=2)
        @joulebook.phase("forward")
        @joulebook.step
        @joulebook.epoch
        def three(): return named()
        assert three() == 3 and plain.__doc__ == "doc" and plain.__name__ == "plain"
        assert list(inspect.signature(plain).parameters) == ["a", "b"]
        class C:
            @joulebook.region
            def method(self): return self
        c = C()
        assert c.method() is c
        """)
    assert names(lines) == "+forward +step0 +epoch0 +named +plain -plain -named -epoch0 -step0 -forward +C.method -C.method"


def test_generators_are_told_while_they_run(python, env):
    lines = tell_alone(python, env, """
        import joulebook
        @joulebook.region("gen")
        def gen():
            try:
                got = yield 1
                assert got == "sent"
                try:
                    yield 2
                except KeyError:
                    pass
                yield 3
                return "value"
            finally:
                with joulebook.region("finally"):
                    pass
        g = gen()
        assert next(g) == 1
        with joulebook.region("between"):
            pass
        assert g.send("sent") == 2
        assert g.throw(KeyError("x")) == 3
        try:
            next(g)
        except StopIteration as stop:
            assert stop.value == "value"
        g = gen()
        next(g)
        g.close()
        try:
            next(g)
        except StopIteration:
            pass
        def delegate():
            assert (yield from gen()) == "value"
        g = delegate(); next(g); g.send("sent"); next(g)
        """)
    assert names(lines) == ("+gen -gen +between -between +gen -gen +gen -gen +gen +finally -finally -gen "
                            "+gen -gen +gen +finally -finally -gen +gen -gen +gen -gen +gen -gen +gen +finally -finally -gen")


def test_coroutines_are_told_while_they_run(python, env):
    lines = tell_alone(python, env, """
        import asyncio, inspect, joulebook
        @joulebook.region("a")
        async def a(event, other):
            event.set()
            await other.wait()
            return 7
        @joulebook.region("items")
        async def items():
            for i in range(2):
                await asyncio.sleep(0)
                yield i
        assert inspect.iscoroutinefunction(a) and inspect.isasyncgenfunction(items)
        async def main():
            one, two = asyncio.Event(), asyncio.Event()
            task = asyncio.ensure_future(a(one, two))
            await one.wait()
            with joulebook.region("main"):
                two.set()
            assert await task == 7
            assert [i async for i in items()] == [0, 1]
        asyncio.run(main())
        """)
    short = names(lines)
    assert short.startswith("+a -a +main -main +a -a +items -items")
    assert set(short.split()) == {"+a", "-a", "+main", "-main", "+items", "-items"}


def test_spans_that_end_out_of_order_are_told_in_pieces(python, env):
    lines = tell_alone(python, env, """
        import joulebook
        a, b, c = joulebook.region("a"), joulebook.region("b"), joulebook.region("c")
        a.__enter__(); b.__enter__(); c.__enter__()
        a.__exit__(None, None, None)     # below b and c
        c.__exit__(None, None, None)
        b.__exit__(None, None, None)
        b.__exit__(None, None, None)     # once too often
        def generator():
            with joulebook.region("inside"):
                yield
        g = generator(); next(g)
        with joulebook.region("outer"):
            g.close()
        """)
    assert names(lines) == "+a +b +c -c -b -a +b +c -c -b +inside +outer -outer -inside +outer -outer"


def test_a_span_that_ends_in_another_thread(python, env):
    lines = tell_alone(python, env, """
        import joulebook, threading
        def generator():
            with joulebook.region("wandering"):
                yield
        g = generator(); next(g)
        thread = threading.Thread(target=g.close); thread.start(); thread.join()
        with joulebook.region("next"):
            pass
        """)
    assert names(lines) == "+wandering -wandering +next -next"


def test_threads_are_told_apart(python, env):
    threads = tell(python, env, """
        import joulebook, threading
        go, shared = threading.Barrier(4), joulebook.region("shared")
        def work():
            go.wait()  # all four are there at the same time, and so are their slots
            for _ in range(100):
                with shared, joulebook.region("inner"):
                    pass
            go.wait()
        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads: t.start()
        for t in threads: t.join()
        """)
    assert [names(events) for events in threads.values()] == [" ".join(["+shared +inner -inner -shared"] * 100)] * 4


def test_children_of_fork_and_spawn_tell_for_themselves(python, env, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent("""
        import joulebook, multiprocessing
        def work(i):
            with joulebook.region("work"):
                return i
        if __name__ == "__main__":
            for how in ("fork", "spawn"):
                with joulebook.region("parent"):
                    with multiprocessing.get_context(how).Pool(1) as pool:
                        assert pool.map(work, [1]) == [1]
        """))
    threads = tell(python, env, "a program", script)
    told = " ".join(names(events) for events in threads.values())
    assert sorted(told.split()) == sorted("+parent -parent +parent -parent +work -work +work -work".split())


def test_exceptions_pass_through(python, env):
    lines = tell_alone(python, env, """
        import joulebook
        error = KeyError("mine")
        @joulebook.region("f")
        def f(): raise error
        try:
            with joulebook.run(), joulebook.epoch(0):
                f()
        except KeyError as caught:
            assert caught is error and caught.__context__ is None
        else:
            raise SystemExit("swallowed")
        for wrong in ("x", 1.5):
            try:
                joulebook.epoch(wrong)
            except TypeError:
                continue
            raise SystemExit("a wrong index is told")
        """)
    assert len(lines) == 4


def test_without_a_library_there_is_one_warning_and_then_nothing(python, env):
    env = dict(env, JOULEBOOK_LIBRARY="/nowhere/libjoulebook.so", LD_LIBRARY_PATH="")
    script = textwrap.dedent("""
        import joulebook
        for _ in range(3):
            with joulebook.run(), joulebook.epoch(1), joulebook.phase("x"):
                pass
        assert joulebook.report() is None and not joulebook.active()
        """)
    result = subprocess.run([python, "-c", script], env=env, text=True, capture_output=True, check=True)
    if "libjoulebook.so.1" in subprocess.run(["/sbin/ldconfig", "-p"], text=True, capture_output=True).stdout:
        pytest.skip("libjoulebook is installed on this machine")
    assert result.stderr.count("RuntimeWarning") == 1 and '<string>:4: RuntimeWarning: joulebook: not measured' in result.stderr


def test_without_a_meter_there_is_one_warning_and_then_nothing(python, env):
    script = textwrap.dedent("""
        import joulebook
        for _ in range(3):
            with joulebook.run(name="x"):
                pass
        assert joulebook.report() is None
        """)
    result = subprocess.run([python, "-c", script], env=dict(env, JOULEBOOK_PROGRAM="/nowhere"), text=True, capture_output=True,
                            check=True)
    assert result.stderr.count("RuntimeWarning") == 1 and "JOULEBOOK_PROGRAM" in result.stderr
    script = 'import joulebook\nwith joulebook.run(zone="nowhere at all"):\n    pass\n'
    result = subprocess.run([python, "-c", script], env=dict(env, JOULEBOOK_PROGRAM=str(EXE)), text=True, capture_output=True,
                            check=True)
    assert result.stderr.count("RuntimeWarning") == 1 and "nowhere at all" in result.stderr


def measured(python, env, script, status=0):
    env = dict(env, JOULEBOOK_PROGRAM=str(EXE))
    result = subprocess.run([python, "-W", "error", "-c", textwrap.dedent(script)], env=env, text=True, capture_output=True, timeout=120)
    assert result.returncode == status, result.stderr
    return result.stdout


def test_a_run_and_its_report(python, env, joulebook):
    out = measured(python, env, """
        import joulebook, json, os
        with joulebook.run(name="-odd name", project="p", tags={"k": 1, "path": "a=b"}):
            with joulebook.run(name="inner"):
                with joulebook.epoch(0):
                    sum(i for i in range(3000000))
            assert joulebook.report() is None
        record = joulebook.report()
        try:
            os.wait()
        except ChildProcessError:
            print(json.dumps(record))
        assert "JOULEBOOK_RING" not in os.environ
        """)
    record = json.loads(out)
    run = record["run"]
    assert (run["name"], run["project"], run["tags"], run["status"]) == ("-odd name", "p", {"k": "1", "path": "a=b"}, "finished")
    closes(record)
    assert [stored["run"]["id"] for stored in joulebook.runs()] == [run["id"]]


def test_a_run_ends_with_its_body_or_its_program(python, env, joulebook):
    measured(python, env, "import joulebook\nwith joulebook.run(name='raises'):\n    1 / 0", status=1)
    assert joulebook.record("raises")["run"]["status"] == "failed"
    measured(python, env, "import joulebook\nwith joulebook.run(name='leaves'):\n    raise SystemExit(0)")
    assert joulebook.record("leaves")["run"]["status"] == "finished"
    measured(python, env, "import joulebook\njoulebook.run(name='forgets').start()")
    assert joulebook.record("forgets")["run"]["status"] == "finished"
    measured(python, env, """
        import asyncio, joulebook
        @joulebook.run
        def decorated(): return 5
        assert decorated() == 5 and joulebook.report()["run"]["name"] == "decorated"
        @joulebook.run(name="async")
        async def main(): return 6
        assert asyncio.run(main()) == 6 and joulebook.report()["run"]["name"] == "async"
        """)


def test_a_forked_child_does_not_end_its_parents_run(python, env, joulebook):
    measured(python, env, """
        import joulebook, os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        with joulebook.run(name="forked"):
            pid = os.fork()
            if pid == 0:
                raise SystemExit(3)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
        assert joulebook.report()["run"]["status"] == "finished"
        """)
    assert len(joulebook.runs()) == 1


FRAMEWORKS = {
    # The base classes with the signatures of transformers 4.36, lightning 2.0 and keras 3.
    "transformers": """
        class TrainerCallback:
            def on_init_end(self, args, state, control, **kwargs): pass
        for _event in ("train_begin train_end epoch_begin epoch_end step_begin substep_end step_end evaluate save log "
                       "prediction_step").split():
            setattr(TrainerCallback, "on_" + _event, lambda self, args, state, control, **kwargs: None)
        TrainerCallback.on_predict = lambda self, args, state, control, metrics, **kwargs: None
        """,
    "pytorch_lightning": """
        class Callback:
            pass
        """,
    "keras": """
        class callbacks:
            class Callback:
                def __init__(self):
                    self.params = None
                    self._model = None
        import sys, types
        sys.modules["keras.callbacks"] = types.ModuleType("keras.callbacks")
        sys.modules["keras.callbacks"].Callback = callbacks.Callback
        """,
}


@pytest.fixture
def frameworks(tmp_path, env):
    folder = tmp_path / "frameworks"
    folder.mkdir()
    for name, text in FRAMEWORKS.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))
    return dict(env, PYTHONPATH=f"{PACKAGE}:{folder}")


def test_hugging_face(python, frameworks):
    lines = tell_alone(python, frameworks, """
        import types
        from joulebook.integrations.huggingface import JoulebookCallback
        import transformers
        callback = JoulebookCallback()
        assert isinstance(callback, transformers.TrainerCallback)
        args, state = types.SimpleNamespace(), types.SimpleNamespace(epoch=0, global_step=0)
        control = types.SimpleNamespace(should_evaluate=False)
        def event(name, **more):
            # as CallbackHandler.call_event passes them
            result = getattr(callback, "on_" + name)(args, state, control, model=None, tokenizer=None, optimizer=None,
                                                     lr_scheduler=None, train_dataloader=None, eval_dataloader=None, **more)
            assert result is None
        event("init_end")
        event("train_begin")
        for epoch in range(2):
            event("epoch_begin")
            for _ in range(2):
                event("step_begin")
                event("substep_end")
                state.global_step += 1
                state.epoch = state.global_step / 2
                control.should_evaluate = state.global_step == 2
                event("step_end")
                if control.should_evaluate:
                    event("prediction_step")
                    control.should_evaluate = False
                    event("evaluate", metrics={})
            event("epoch_end")
        event("train_end")
        event("prediction_step"); event("prediction_step"); event("evaluate", metrics={})
        event("prediction_step"); event("predict", metrics={})
        event("epoch_begin"); event("step_begin"); event("train_begin"); event("train_end")
        """)
    short = names(lines)
    assert short == ("+epoch0 +step0 -step0 +step1 -step1 +evaluate -evaluate -epoch0 +epoch1 +step2 -step2 +step3 -step3 -epoch1 "
                     "+evaluate -evaluate +evaluate -evaluate +epoch2 +step4 -step4 -epoch2")


def test_lightning(python, frameworks):
    lines = tell_alone(python, frameworks, """
        import pytorch_lightning, types, copy, pickle
        from joulebook.integrations.lightning import JoulebookCallback
        c = JoulebookCallback()
        assert isinstance(c, pytorch_lightning.Callback)
        t, m = types.SimpleNamespace(current_epoch=0, global_step=0), object()
        c.on_validation_start(t, m); c.on_validation_end(t, m)          # the sanity check
        c.on_fit_start(t, m)
        c.on_train_epoch_start(t, m)
        c.on_train_batch_start(t, m, None, 0)
        c.on_before_backward(t, m, 0.5); c.on_after_backward(t, m)
        c.on_train_batch_end(t, m, None, None, 0)
        c.on_validation_start(t, m); c.on_validation_end(t, m)
        c.on_train_epoch_end(t, m)
        t.current_epoch = 1
        c.on_train_epoch_start(t, m); c.on_train_batch_start(t, m, None, 0); c.on_before_backward(t, m, 0.5)
        assert pickle.loads(pickle.dumps(c))._opened._spans == [] and copy.deepcopy(c)._opened._spans == []
        c.on_exception(t, m, KeyboardInterrupt())
        c.on_test_start(t, m); c.on_test_end(t, m); c.on_predict_start(t, m); c.on_predict_end(t, m)
        c.on_fit_end(t, m)
        """)
    short = names(lines)
    assert short == ("+evaluate -evaluate +epoch0 +step0 +backward -backward -step0 +evaluate -evaluate -epoch0 "
                     "+epoch1 +step0 +backward -backward -step0 -epoch1 +evaluate -evaluate +evaluate -evaluate")


def test_keras(python, frameworks):
    lines = tell_alone(python, frameworks, """
        import keras
        from joulebook.integrations.keras import JoulebookCallback
        c = JoulebookCallback()
        assert isinstance(c, keras.callbacks.Callback) and c.params is None
        c.on_train_begin({})
        for epoch in range(2):
            c.on_epoch_begin(epoch, {})
            for batch in range(2):
                c.on_train_batch_begin(batch, {}); c.on_train_batch_end(batch, {})
            c.on_test_begin({}); c.on_test_end({})
            c.on_epoch_end(epoch, {})
        c.on_epoch_begin(2); c.on_train_batch_begin(0)
        c.on_train_end({})
        c.on_test_begin(); c.on_test_end(); c.on_predict_begin(); c.on_predict_end()
        """)
    short = names(lines)
    assert short == ("+epoch0 +step0 -step0 +step1 -step1 +evaluate -evaluate -epoch0 +epoch1 +step2 -step2 +step3 -step3 "
                     "+evaluate -evaluate -epoch1 +epoch2 +step4 -step4 -epoch2 +evaluate -evaluate +evaluate -evaluate")


@pytest.mark.parametrize("number, plan", [("3", "3"), ("None", None), ("-1", None), ("sys.maxsize", None)])
def test_callbacks_tell_what_their_trainer_plans(python, frameworks, number, plan):
    for script in (
            "from joulebook.integrations.huggingface import JoulebookCallback as C; "
            f"C().on_train_begin(None, types.SimpleNamespace(num_train_epochs={number}), None)",
            "import pytorch_lightning; from joulebook.integrations.lightning import JoulebookCallback as C; "
            f"C().on_fit_start(types.SimpleNamespace(max_epochs={number}), None)",
            "import keras; from joulebook.integrations.keras import JoulebookCallback as C; c = C(); "
            f"c.params = dict(epochs={number}); c.on_train_begin()"):
        assert tell(python, frameworks, "import sys, types; " + script).get("plan", [None]) == [plan], script


REAL = {"huggingface": "from transformers import TrainerCallback as Base", "lightning": "from lightning.pytorch import Callback as Base",
        "keras": "from keras.callbacks import Callback as Base"}


@pytest.mark.parametrize("name", REAL)
def test_real_frameworks_take_the_callback(name, env):
    """Every method of ours is one of the real base class, with its number of arguments."""
    script = textwrap.dedent(f"""
        import inspect
        try:
            {REAL[name]}
        except ImportError:
            raise SystemExit(77)
        from joulebook.integrations.{name} import JoulebookCallback
        assert issubclass(JoulebookCallback, Base)
        for method, ours in vars(JoulebookCallback).items():
            if method.startswith("on_"):
                theirs = inspect.signature(getattr(Base, method)).parameters.values()
                assert len([p for p in theirs if p.kind == p.POSITIONAL_OR_KEYWORD and p.default is p.empty]) <= \\
                       len([p for p in inspect.signature(ours).parameters.values() if p.kind == p.POSITIONAL_OR_KEYWORD])
        JoulebookCallback()
        """)
    result = subprocess.run([sys.executable, "-c", script], env=env, text=True, capture_output=True)
    if result.returncode == 77:
        pytest.skip(f"no {name} on this machine")
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def torch_python():
    """Debian's Python, which sees Debian's PyTorch."""
    if subprocess.run(["/usr/bin/python3", "-c", "import torch"], capture_output=True).returncode != 0:
        pytest.skip("no PyTorch on this machine")
    return "/usr/bin/python3"


def test_layers_of_pytorch(env, torch_python):
    lines = tell_alone(torch_python, env, """
        import copy, pickle, torch, joulebook.torch
        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.features = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
                self.head = torch.nn.Linear(4, 2)
            def forward(self, x):
                return self.head(self.features(x))
        net, other = Net(), torch.nn.Linear(4, 2)
        torch.manual_seed(0)
        x = torch.randn(3, 4)
        plain = net(x)
        handle = joulebook.torch.layers(net)
        assert torch.equal(net(x), plain)
        other(x)
        copy.deepcopy(net)
        assert not net._forward_hooks and not net.head._forward_pre_hooks
        try:
            net(torch.randn(3, 5))
        except RuntimeError:
            pass
        net(x)
        handle.remove(); handle.remove()
        net(x)
        with joulebook.torch.layers(net), joulebook.region("train"):
            try:
                net(torch.randn(3, 5))
            except RuntimeError:
                pass
        """)
    once = "+Net +features +features.0 -features.0 +features.1 -features.1 -features +head -head -Net"
    failed = "+Net +features +features.0 -features.0 -features -Net"
    assert names(lines) == f"{once} {failed} {once} +train {failed} -train"


def test_operators_lie_inside_the_spans_of_the_program(env, torch_python):
    """The probe and the library share one writer: one thread, one order of begins and ends."""
    probe = BUILD / "src" / "probe" / "libjoulebook-probe.so"
    threads = tell("/usr/bin/env", env, "a program", f"LD_PRELOAD={probe}", torch_python, "-c", textwrap.dedent("""
        import torch, joulebook
        torch.set_num_threads(1)
        a = torch.ones(4, 4)
        with joulebook.phase("forward"):
            torch.mm(a, a)
        """))
    assert len(threads) == 1
    told = names([line for line in next(iter(threads.values())) if not line.startswith("begin level")])
    assert re.search(r"\+forward \+aten::mm (.* )?-aten::mm -forward", told)


def test_the_example_trains(env, joulebook, torch_python):
    script = ROOT / "examples" / "train_with_api.py"
    result = subprocess.run([torch_python, script, "--epochs", "2", "--points", "2000"], env=dict(env, JOULEBOOK_PROGRAM=str(EXE)),
                            text=True, capture_output=True, timeout=120)
    assert (result.returncode, result.stderr) == (0, "")
    assert " J, " in result.stdout.splitlines()[-1]
    assert joulebook.record("spirals")["run"]["tags"] == {"example": "train_with_api"}
    told = names(tell(torch_python, env, "a program", script, "--epochs", "1", "--points", "1000")["0.0"])
    assert told.startswith("+create -create +data +make -make +make -make -data +")
    assert "+forward -forward +backward -backward +optimise -optimise" in told and told.endswith("+evaluate -evaluate -epoch0")


def test_import_does_not_import_frameworks(python, env):
    script = "import joulebook, sys; print([m for m in ('torch', 'numpy', 'keras', 'asyncio', 'transformers') if m in sys.modules])"
    assert subprocess.run([python, "-c", script], env=env, text=True, capture_output=True, check=True).stdout == "[]\n"


def test_version_is_that_of_the_program(python, env, joulebook):
    result = subprocess.run([python, "-c", "import joulebook; print(joulebook.__version__)"], env=env, text=True, capture_output=True,
                            check=True)
    assert joulebook("--version").stdout == f"joulebook {result.stdout}"


def has_setuptools(python):
    return subprocess.run([python, "-c", "import setuptools, wheel"], capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """Wheel and sdist, built without a network by a Python that has setuptools and wheel."""
    builder = next((python for python in [pathlib.Path("/usr/bin/python3"), *PYTHONS.values()] if has_setuptools(python)), None)
    if builder is None:
        pytest.skip("no Python with setuptools and wheel")
    folder = tmp_path_factory.mktemp("python")
    shutil.copytree(PACKAGE, folder / "source", ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    script = "import setuptools.build_meta as b, sys; to = sys.argv[1]; b.build_sdist(to); b.build_wheel(to)"
    result = subprocess.run([builder, "-c", script, folder / "dist"], cwd=folder / "source", text=True, capture_output=True)
    assert result.returncode == 0, result.stderr
    sdist, wheel = next((folder / "dist").glob("*.tar.gz")), next((folder / "dist").glob("*.whl"))
    # And the same wheel from the sdist: nothing of the repository beside python/ is needed.
    subprocess.run(["tar", "xf", sdist, "-C", folder], check=True)
    unpacked = next(path for path in folder.iterdir() if path.name.startswith("joulebook-"))
    result = subprocess.run([builder, "-c", script, folder / "again"], cwd=unpacked, text=True, capture_output=True)
    assert result.returncode == 0, result.stderr
    assert next((folder / "again").glob("*.whl")).name == wheel.name
    return sdist, wheel


def test_wheel_and_sdist_install(python, distributions, env, tmp_path):
    sdist, wheel = distributions
    assert re.fullmatch(r"joulebook-[0-9.]+-py3-none-any\.whl", wheel.name)
    venv = tmp_path / "venv"
    if subprocess.run([python, "-m", "venv", venv], capture_output=True).returncode != 0:
        pytest.skip("this Python makes no venv")
    quiet = {k: v for k, v in env.items() if k != "PYTHONPATH"}
    subprocess.run([venv / "bin" / "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", wheel], env=quiet,
                   check=True)
    script = ("import joulebook, pathlib, joulebook.integrations; p = pathlib.Path(joulebook.__file__).parent; "
              "print(joulebook.__version__, (p / 'py.typed').exists(), 'venv' in str(p))\n"
              "with joulebook.region('x'): pass")
    result = subprocess.run([venv / "bin" / "python", "-W", "error", "-c", script], env=quiet, text=True, capture_output=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.split()[1:] == ["True", "True"]


def test_a_library_in_the_package_is_found(env, tmp_path):
    """As a wheel that brings its own would have it: lib/ and bin/ in the package."""
    shutil.copytree(PACKAGE / "joulebook", tmp_path / "joulebook", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "joulebook" / "lib").mkdir()
    (tmp_path / "joulebook" / "bin").mkdir()
    shutil.copy(LIBRARY.resolve(), tmp_path / "joulebook" / "lib" / "libjoulebook.so.1")
    (tmp_path / "joulebook" / "bin" / "joulebook").symlink_to(EXE)
    own = {k: v for k, v in env.items() if k not in ("JOULEBOOK_LIBRARY", "PYTHONPATH")}
    script = ("import joulebook\nwith joulebook.run(name='own'): pass\n"
              "import joulebook._library as l; print(l.library().path, joulebook.report()['run']['name'])")
    result = subprocess.run([sys.executable, "-W", "error", "-c", script], env=own, cwd=tmp_path, text=True, capture_output=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{tmp_path}/joulebook/lib/libjoulebook.so.1 own\n"
