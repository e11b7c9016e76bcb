# SPDX-License-Identifier: Apache-2.0
"""Programs of users, for test_probe.py: each prints what it computed, so that two runs can be compared to the letter."""

TRAINING = """
import hashlib, sys, threading, os
import torch, torch.nn as nn, torch.utils.checkpoint
torch.manual_seed(7); torch.set_num_threads(1)
def digest(*tensors):
    return hashlib.sha1(b"".join(t.detach().contiguous().numpy().tobytes() for t in tensors)).hexdigest()
net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3), nn.Flatten(), nn.Linear(144, 5))
data = torch.utils.data.TensorDataset(torch.randn(40, 3, 8, 8), torch.randint(0, 5, (40,)))
"""

# Autograd in its less usual forms, optimisers, a profiler of the program's own.
LIBRARY = TRAINING + """
for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop, torch.optim.LBFGS):
    optimizer = kind(net.parameters(), lr=0.01)
    for x, y in torch.utils.data.DataLoader(data, batch_size=20, shuffle=True):
        def closure():
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            return loss
        print(kind.__name__, float(optimizer.step(closure)), digest(*net.parameters()))
x = torch.randn(5, 5, requires_grad=True)
first, = torch.autograd.grad((x ** 3).sum(), x, create_graph=True)
print("second", digest(torch.autograd.grad(first.sum(), x)[0]))
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): ctx.save_for_backward(x); return x ** 3
    @staticmethod
    def backward(ctx, g): return 3 * ctx.saved_tensors[0] ** 2 * g
Cube.apply(x).sum().backward()
print("custom", digest(x.grad))
x.register_hook(lambda g: g * 2)
with torch.autograd.set_detect_anomaly(True):
    torch.utils.checkpoint.checkpoint(lambda t: torch.tanh(t @ t), x, use_reentrant=True).sum().backward()
print("checkpoint", digest(x.grad))
@torch.jit.script
def scripted(x, n: int):
    for _ in range(n): x = torch.relu(x @ x) + 0.1
    return x
print("jit", digest(scripted(x, 3)), digest(torch.jit.trace(net.eval(), torch.zeros(1, 3, 8, 8))(data.tensors[0])))
with torch.autograd.profiler.profile() as profile:
    with torch.autograd.profiler.record_function("mine"):
        net.train()(data.tensors[0]).sum().backward()
print("profile", sorted(e.key for e in profile.key_averages()))  # its counts differ from run to run
results = {}
def work(i):
    torch.manual_seed(i)
    a = torch.randn(30, 30, requires_grad=True)
    for _ in range(20): (a @ a).tanh().sum().backward()
    results[i] = digest(a.grad)
threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print("threads", sorted(results))
print("inference", digest(*[net.eval()(data.tensors[0]) for _ in [torch.inference_mode().__enter__()]]))
"""

# What the system shows of the process: its threads, its files, its environment and limits.
STATE = TRAINING + """
import resource, signal
net(data.tensors[0]).sum().backward()
print(sorted(open(f"/proc/self/task/{t}/comm").read() for t in os.listdir("/proc/self/task")))
print(sorted(os.readlink(f"/proc/self/fd/{f}").split(":")[0] for f in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{f}")))
print(sorted(k for k in os.environ if k not in ("LD_PRELOAD", "JOULEBOOK_RING")))
print([resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n.startswith("RLIMIT_")])
print([str(signal.getsignal(s)) for s in range(1, 32)], signal.pthread_sigmask(signal.SIG_BLOCK, []))
print([line.strip() for line in open("/proc/self/status") if line.startswith(("SigB", "SigI", "SigC", "Cap", "Seccomp:", "Threads"))])
"""

# Processes of a process: fork, workers, spawn.
WORKERS = TRAINING + """
import subprocess, multiprocessing
if __name__ == "__main__":
    for x, y in torch.utils.data.DataLoader(data, batch_size=10, num_workers=2):
        print(digest(x, y))
    pid = os.fork()
    if pid == 0:
        print("child", digest(net(data.tensors[0][:1])), flush=True)
        os._exit(7)
    print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    print(subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(abs, range(-4, 4)))
"""

ERRORS = {
    "an error of the program": TRAINING + "net(torch.zeros(1, 2, 3, 4))",
    "an error inside the backward pass": TRAINING + """
x = torch.ones(2, requires_grad=True)
x.register_hook(lambda g: 1 / 0)
(x * 2).sum().backward()""",
    "exit status": TRAINING + "net(data.tensors[0]); sys.exit(3)",
    "exit without a farewell": TRAINING + "net(data.tensors[0]); os._exit(4)",
    "killed": TRAINING + "net(data.tensors[0]); os.kill(os.getpid(), 9)",
    "terminated": TRAINING + "net(data.tensors[0]); os.kill(os.getpid(), 15)",
    "aborted": TRAINING + "net(data.tensors[0]); os.abort()",
    "an operator at exit": TRAINING + "import atexit; atexit.register(lambda: print(digest(net(data.tensors[0]).sum())))",
}

# PyTorch's own list of operators with the inputs that its tests use; forward and gradient of each. Those whose result is
# memory that nobody wrote are left out.
OPERATORS = """
import hashlib, random, sys, types, unittest, warnings
sys.modules.setdefault("expecttest", types.SimpleNamespace(TestCase=unittest.TestCase, ACCEPT=False))
warnings.simplefilter("ignore")
import torch
from torch.testing._internal.common_methods_invocations import op_db
torch.set_num_threads(1)
def flat(value):
    if isinstance(value, torch.Tensor): yield value
    elif isinstance(value, (tuple, list)):
        for v in value: yield from flat(v)
def run(op):
    total = hashlib.sha1()
    random.seed(1); torch.manual_seed(1)
    for i, sample in enumerate(op.sample_inputs("cpu", torch.float32, requires_grad=op.supports_autograd)):
        if i == 3: break
        out = list(flat(op(sample.input, *sample.args, **sample.kwargs)))
        for t in out: total.update(repr(t.detach().tolist()).encode())
        good = [t for t in out if t.requires_grad]
        if good:
            grads = torch.autograd.grad(sum(t.abs().sum() for t in good), [t for t in flat(sample.input) if t.requires_grad], allow_unused=True)
            for g in grads:
                if g is not None: total.update(repr(g.tolist()).encode())
    return total.hexdigest()
for op in [op for op in op_db if torch.float32 in op.dtypes and not op.name.startswith(("linalg", "empty", "new_empty", "masked", "_masked", "as_strided"))][::4]:
    try: print(op.name, op.variant_test_name, run(op))
    except Exception as error: print(op.name, type(error).__name__, str(error)[:80])
"""
