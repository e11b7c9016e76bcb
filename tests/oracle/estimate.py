#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The numpy reference of src/attribution/estimate.h, and the cases that its C code is held against.

usage: /usr/bin/python3 tests/oracle/estimate.py          (needs python3-numpy; writes tests/oracle/cases/*.txt anew)

Same mathematics as the C code, by other means: whole matrices, numpy's singular values, Python's integers. Cases are
small and made up here with fixed seeds; tests/unit/attribution/estimate.c reads them, so that nobody needs numpy to run
the tests. Seconds of shares are rounded to 32 bits because that is what the C code keeps.
"""
import math
import pathlib

import numpy as np

PRIOR_SD, TIME_SHARE_SD, TOLD, TOO_WIDE, MIXED, BLOCK = 0.3, 0.4, 0.9, 0.25, -0.3, 64


# ---- the estimator ----

def ridge(x, y, mean, spread, tau0, at_least):
    """Power, covariance, tau, sigma^2 by evidence, with a log-normal hyper-prior of sd 0.5 on tau (at_least: tau0 or more)."""
    rows, count = x.shape
    z = y - x @ mean
    u, s, vt = np.linalg.svd(x * spread, full_matrices=False)
    c = u.T @ z
    rest = max(np.sum((z - u @ c) ** 2), 1e-18 * (y @ y))
    best = None
    for tau in tau0 * np.exp(np.linspace(-2, 2, 41)[20 if at_least else 0:]):
        variance = rest / rows
        for _ in range(6):
            previous = variance
            variance = (rest + np.sum(c**2 / (1 + tau**2 / previous * s**2))) / rows
            if abs(variance - previous) < 1e-6 * previous:
                break
        evidence = (-0.5 * (rows * math.log(variance) + np.sum(np.log(1 + tau**2 / variance * s**2)))
                    - 0.5 * (math.log(tau / tau0) / 0.5) ** 2)
        if best is None or evidence > best[0]:
            best = evidence, tau, variance
    _, tau, variance = best
    power = mean + spread * (vt.T @ (s * c / (s**2 + variance / tau**2)))
    inverse = (spread[:, None] * (x.T @ x) * spread[None, :]) / variance + np.eye(count) / tau**2
    cov = spread[:, None] * np.linalg.inv(inverse) * spread[None, :]
    return power, cov, tau, variance


def constrain(power, cov, seconds, energy):
    v = cov @ seconds
    q = seconds @ v
    return power + v * (energy - seconds @ power) / q, cov - np.outer(v, v) / q


def noise_of(x, y, joins, power, weighted):
    """Process, edge and drift variance by moments, row weights, and -2 log likelihood of the residuals."""
    expected = x @ power
    scale = np.clip(expected / y.mean(), 0.1, 10) if weighted else np.ones(len(y))
    residuals, expected = (y - expected) / scale, expected / scale
    variance = max(np.mean(residuals**2), 1e-20 * np.mean(y**2))
    pairs = [residuals[i] * residuals[i - 1] for i in range(1, len(y)) if joins[i]]
    neighbours = float(np.mean(pairs)) if len(pairs) >= 3 else 0.0
    blocks = [slice(b, b + BLOCK) for b in range(0, len(y) - BLOCK + 1, BLOCK)]
    drift = 0.0
    if len(blocks) >= 4:
        squares = np.array([np.sum(expected[b] ** 2) for b in blocks])
        ratios = np.array([expected[b] @ residuals[b] for b in blocks]) / squares
        free = max(variance + 2 * neighbours, 0.05 * variance) * np.mean(1 / squares)
        drift = max(0.0, min(np.mean(ratios**2) - free, 0.9 * variance / np.mean(expected**2)))
    drifting = drift * np.mean(expected**2)
    steady = variance - drifting
    edge = max(0.0, min(drifting - neighbours, 0.499 * steady)) if len(pairs) >= 3 else 0.0
    return dict(process=max(steady - 2 * edge, 1e-3 * steady), edge=edge, drift=drift, scale=scale,
                unlikely=len(y) * math.log(variance) + 2 * np.sum(np.log(scale)))


def inverse_root(v):
    """The symmetric inverse square root."""
    w, q = np.linalg.eigh(v)
    return (q / np.sqrt(w)) @ q.T


def whiten(m, joins, noise, power):
    """Rows times L^-1 of Cov = a I + s2 tridiag over each chain of rows that join, then drift out of each block."""
    m = m / noise["scale"][:, None]
    starts = [i for i in range(len(m)) if not joins[i]] + [len(m)]
    out, logs = np.empty_like(m), 2 * np.sum(np.log(noise["scale"]))
    for begin, end in zip(starts, starts[1:]):
        n = end - begin
        cov = (noise["process"] + 2 * noise["edge"]) * np.eye(n) - noise["edge"] * (np.eye(n, k=1) + np.eye(n, k=-1))
        lower = np.linalg.cholesky(cov)
        out[begin:end] = np.linalg.solve(lower, m[begin:end])
        logs += 2 * np.sum(np.log(np.diag(lower)))
    for begin in range(0, len(m), BLOCK):
        block = out[begin:begin + BLOCK]
        expected = block[:, :-1] @ power
        cov = np.eye(len(block)) + noise["drift"] * np.outer(expected, expected)
        out[begin:begin + BLOCK] = inverse_root(cov) @ block
        logs += np.linalg.slogdet(cov)[1]
    return out, logs


def fit(x, y, joins, mean, spread, tau0, at_least):
    power, _, _, _ = ridge(x, y, mean, spread, tau0, at_least)
    noise = min((noise_of(x, y, joins, power, weighted) for weighted in (False, True)), key=lambda n: n["unlikely"])
    w, logs = whiten(np.column_stack([x, y]), joins, noise, power)
    power, cov, tau, sigma2 = ridge(w[:, :-1], w[:, -1], mean, spread, tau0, at_least)
    return dict(power=power, cov=cov, tau=tau, process=noise["process"], edge=noise["edge"], white=w,
                likelihood=-0.5 * (len(y) * math.log(sigma2) + logs))


def merge(power, cov, seconds):
    groups = [[k] for k in range(len(power))]
    alone = set()

    def energy(g):
        return float(power[g] @ seconds[g])

    def common(a, b):
        return float(seconds[a] @ cov[np.ix_(a, b)] @ seconds[b])

    def width(g):
        return 1.96 * math.sqrt(max(common(g, g), 0)) / energy(g) if energy(g) > 0 else math.inf

    while True:
        wide = [(width(g), -i) for i, g in enumerate(groups) if width(g) > TOO_WIDE and g[0] not in alone]
        if not wide:
            return groups
        g = groups[-max(wide)[1]]
        found = []
        for other in groups:
            scale = math.sqrt(max(common(g, g), 0) * max(common(other, other), 0))
            if other is not g and scale > 0 and common(g, other) / scale < MIXED and width(g + other) < width(g):
                found.append((common(g, other) / scale, other))
        if not found:
            alone.add(g[0])
            continue
        other = min(found)[1]
        groups = sorted([h for h in groups if h is not g and h is not other] + [sorted(g + other)])


def estimate(case):
    """What jb_estimate() gives, of a case as described in make()."""
    rows = [i for i, row in enumerate(case["rows"]) if all(len(s) for s in row["shares"])]
    fits = []
    for lag in range(len(case["lags"])) if len(case["lags"]) > 1 and len(rows) >= 8 else []:
        x, y, joins = matrices(case, lag, rows)
        columns = np.flatnonzero(x.sum(0))
        fits.append(fit(x[:, columns], y, joins, *prior(case, x.sum(0), y.sum(), columns))["likelihood"])
    lag = int(np.argmax(fits)) if fits else 0
    x, y, joins = matrices(case, lag, None)
    seconds, energy = x.sum(0), y.sum()
    columns = np.flatnonzero(seconds)
    x, t = x[:, columns], seconds[columns]
    mean, spread, tau0, at_least = prior(case, seconds, energy, columns)
    all_mean = energy / seconds.sum()
    before, before_cov = constrain(mean, np.diag((tau0 * spread) ** 2), t, energy)
    out = dict(lag=lag, mean=all_mean, tau=0.0, noise=0.0, edge_noise=0.0, likelihood=0.0, informed=False)
    power, cov, sd = before, before_cov, np.sqrt(np.maximum(np.diag(before_cov), 0))
    groups = [[k] for k in range(len(columns))]
    if not case["time_share"] and len(y) >= max(8, 2 * len(columns)) and len(columns) > 1:
        f = fit(x, y, joins, mean, spread, tau0, at_least)
        out.update(tau=f["tau"], noise=math.sqrt(f["process"]), edge_noise=math.sqrt(f["edge"]), likelihood=f["likelihood"])
        p, v = constrain(f["power"], f["cov"], t, energy)
        gain = np.diag(v) / (np.diag(before_cov) * (f["tau"] / tau0) ** 2)
        out["informed"] = bool(np.any((gain < TOLD) & (t >= 0.01 * seconds.sum())))
        if out["informed"]:
            power, cov = p, v
            blocks = min(case["jackknife"] or 12, max(2, len(y) // 8))
            without = []
            for block in np.array_split(np.arange(len(y)), blocks):
                w = np.delete(f["white"], block, 0)
                pj, vj, _, _ = ridge(w[:, :-1], w[:, -1], mean, spread, tau0, at_least)
                without.append(constrain(pj, vj, t, energy)[0])
            without = np.array(without)
            spreads = np.sqrt((blocks - 1) / blocks * np.sum((without - without.mean(0)) ** 2, 0))
            sd = np.maximum(np.sqrt(np.maximum(np.diag(v), 0)), spreads) * widening(case, columns)
            factor = sd / np.sqrt(np.diag(v))
            _, cov = constrain(power, factor[:, None] * v * factor[None, :], t, energy)
            groups = merge(power, cov, t)
    count = case["cells"]
    out.update(power=np.full(count, all_mean), sd=np.full(count, TIME_SHARE_SD * all_mean), group=np.arange(count), seconds=seconds)
    full = np.diag(np.full(count, (TIME_SHARE_SD * all_mean) ** 2))
    full[np.ix_(columns, columns)] = cov
    for g in groups:
        out["group"][columns[g]] = columns[g[0]]
    out["power"][columns], out["sd"][columns] = power, sd
    out["cov"] = full
    return out


def prior(case, seconds, energy, columns):
    mean_w = energy / seconds.sum()
    mean, sd = np.full(len(columns), mean_w), np.full(len(columns), (TIME_SHARE_SD if case["time_share"] else PRIOR_SD) * mean_w)
    for k, cell in enumerate(columns):
        if cell in case["prior"] and not case["time_share"]:
            mean[k], sd[k] = case["prior"][cell]
    return mean, sd / sd.mean(), float(sd.mean()), any(cell in case["prior"] for cell in columns) and not case["time_share"]


def widening(case, columns):
    coarse = case["edge_s"] > 0.2 * case["update_s"]
    many = case["steps"] > 2
    return np.array([2.0 if coarse or (many and cell not in case["prior"]) else 1.0 for cell in columns])


def matrices(case, lag, only):
    x, y, joins, whole = [], [], [], False
    for i, row in enumerate(case["rows"]):
        if not row["shares"][lag] or (only is not None and i not in only):
            whole = False
            continue
        line = np.zeros(case["cells"])
        for cell, seconds in row["shares"][lag]:
            line[cell] += seconds
        x.append(line)
        y.append(row["energy"])
        joins.append(bool(row["joins"] and whole))
        whole = True
    return np.array(x), np.array(y), joins


def divide(total, weights):
    """Largest remainder over whole weights of 52 bits."""
    largest = max(weights)
    whole = [int(w / largest * 2.0**52 + 0.5) for w in weights]
    parts = [total * w // sum(whole) for w in whole]
    order = sorted(range(len(whole)), key=lambda i: (-(total * whole[i] % sum(whole)), i))
    for i in order[:total - sum(parts)]:
        parts[i] += 1
    return parts


# ---- cases ----

def program(r, cells, step_s, length_s, drift):
    """Edges of operators, which one runs between them, and the power drawn: cell 0 is no operator."""
    powers = 40 + 80 * r.random(cells)
    lengths = r.random(cells) + 0.2
    lengths *= step_s / lengths.sum()
    steps = int(length_s / step_s) + 2
    order = np.tile(np.arange(cells), steps)
    taken = np.tile(lengths, steps) * np.exp(0.08 * r.standard_normal(cells * steps))
    drawn = powers[order] * np.exp(0.05 * r.standard_normal(cells * steps))
    drawn *= np.repeat(1 + drift * np.sin(np.arange(steps) / 8), cells)
    times = np.concatenate([[0], np.cumsum(taken)])
    return times, order, np.concatenate([[0], np.cumsum(taken * drawn)])


def shares(times, order, cells, begin, end):
    found = np.zeros(cells)
    first, last = np.searchsorted(times, [begin, end])
    for i in range(max(first - 1, 0), min(last, len(order))):
        found[order[i]] += max(0.0, min(end, times[i + 1]) - max(begin, times[i]))
    return [(int(k), float(np.float32(s))) for k, s in enumerate(found) if s > 0]


def make(seed, cells=8, rows=300, step_s=0.011, update_s=0.001, edge_s=5e-6, lags=(0.0,), true_lag=0.0, holes=(), windows=False,
         missing=(), known=(), steps=0.0, jackknife=0, time_share=False, twins=False, drift=0.0):
    """One made-up run: rows, setup and prior."""
    r = np.random.default_rng(seed)
    times, order, energy = program(r, cells, step_s, (rows + 10) * update_s + 0.2, drift)
    edges = 0.1 + update_s * np.arange(rows + 1) + 0.02 * update_s * r.standard_normal(rows + 1)
    seen = edges + edge_s * math.sqrt(3) * (2 * r.random(rows + 1) - 1)
    case = dict(cells=cells + 1, rows=[], lags=lags, update_s=update_s, edge_s=edge_s, steps=steps, jackknife=jackknife,
                time_share=time_share, prior={}, windows=windows)
    for i in range(rows):
        begin, end = (edges[i], edges[i + 1]) if not windows else (edges[i + 1] - update_s / 4, edges[i + 1])
        joules = float(np.diff(np.interp(np.array([begin, end]) - true_lag, times, energy))[0])
        known_begin, known_end = (seen[i], seen[i + 1]) if not windows else (begin, end)
        found = [shares(times, order, cells, known_begin - lag, known_end - lag) if (i, n) not in missing else []
                 for n, lag in enumerate(lags)]
        if twins:  # what cell 1 does, the last cell does at once: nobody can tell them apart
            found = [[(k, s / 2 if k == 1 else s) for k, s in at] + [(cells, s / 2) for k, s in at if k == 1] for at in found]
        case["rows"].append(dict(energy=joules, seconds=float(known_end - known_begin), edge=edge_s,
                                 joins=int(i > 0 and i not in holes and not windows), shares=found))
    for k in known:
        case["prior"][k] = (float(60 + 20 * r.random()), float(4 + 4 * r.random()))
    return case


CASES = {
    "rapl": dict(seed=1),
    "drift": dict(seed=12, cells=4, rows=330, edge_s=1e-4, drift=0.1, holes=(70,)),
    "holes": dict(seed=2, cells=6, rows=200, holes=(50, 51, 120), jackknife=5),
    "lags": dict(seed=3, cells=5, rows=90, lags=(0.0, 0.0005, 0.0015), true_lag=0.0005, missing=((10, 1), (11, 2), (40, 0))),
    "prior": dict(seed=4, cells=7, rows=60, known=(1, 4, 5)),
    "coarse": dict(seed=5, cells=9, rows=80, update_s=0.01, step_s=0.012, edge_s=0.0025),
    "many-steps": dict(seed=6, cells=8, rows=120, update_s=0.02, step_s=0.004, steps=5.0, known=(2,)),
    "few": dict(seed=7, cells=12, rows=20),
    "twins": dict(seed=11, cells=5, rows=100, twins=True),
    "windows": dict(seed=8, cells=6, rows=120, update_s=0.02, step_s=0.026, windows=True),
    "time": dict(seed=9, cells=5, rows=40, time_share=True),
    "nothing": dict(seed=10, cells=3, rows=6),
}


def numbers(values):
    return " ".join(repr(float(v)) for v in values)


def write(path, case, found, piece, energy, parts):
    with open(path, "w", encoding="ascii") as out:
        print("lags", *(round(lag * 1e9) for lag in case["lags"]), file=out)
        print("setup", case["cells"], case["update_s"], case["edge_s"], case["steps"], int(case["time_share"]), case["jackknife"],
              int(case["windows"]), file=out)
        for cell, (mean, sd) in case["prior"].items():
            print("prior", cell, repr(mean), repr(sd), file=out)
        for row in case["rows"]:
            print("row", repr(row["energy"]), repr(row["seconds"]), row["edge"], row["joins"], file=out)
            for found_at in row["shares"]:
                print("at", *(f"{cell} {seconds:.9g}" for cell, seconds in found_at), file=out)
        print("lag", found["lag"], file=out)
        print("informed", int(found["informed"]), file=out)
        print("numbers", numbers([found["mean"], found["tau"], found["noise"], found["edge_noise"], found["likelihood"]]), file=out)
        print("power", numbers(found["power"]), file=out)
        print("sd", numbers(found["sd"]), file=out)
        print("group", *found["group"], file=out)
        weights = np.sqrt(1 + np.arange(case["cells"]))
        print("sum", repr(math.sqrt(weights @ found["cov"] @ weights)), file=out)
        print("piece", energy, numbers(piece), file=out)
        print("parts", *parts, file=out)


def main():
    folder = pathlib.Path(__file__).resolve().parent / "cases"
    for name, options in CASES.items():
        case = make(**options)
        found = estimate(case)
        r = np.random.default_rng(options["seed"] + 100)
        piece = np.round(r.random(case["cells"]), 6)
        energy = int(r.integers(10**6, 10**10))
        base = 10.0
        parts = divide(energy, list(piece * np.maximum(found["power"] - base, 1e-3)))
        write(folder / f"{name}.txt", case, found, piece, energy, parts)


if __name__ == "__main__":
    main()
