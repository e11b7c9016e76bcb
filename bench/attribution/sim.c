/* SPDX-License-Identifier: Apache-2.0 */
/* Simulated programs and sensors (sim.h). */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_OPS 256

struct op {
    uint16_t cell;
    double us, watts;
};

/* Cell 0: no operator. */
static const struct op cpu_step[] = {
    {0, 150, 42}, {1, 520, 98},  {2, 575, 63},   {3, 140, 55},  {4, 1550, 72},  {0, 60, 42},
    {1, 480, 98}, {2, 560, 63},  {3, 130, 55},   {4, 1500, 72}, {5, 520, 66},   {6, 105, 112},
    {3, 10, 55},  {6, 15, 112},  {7, 25, 48},    {0, 120, 42},  {8, 400, 112},  {9, 265, 57},
    {10, 60, 58}, {11, 90, 60},  {9, 260, 57},   {12, 590, 67}, {13, 700, 101}, {11, 90, 60},
    {9, 260, 57}, {12, 560, 67}, {13, 690, 101}, {14, 340, 50}, {15, 220, 46},
};
static const struct op gpu_gap[] = {{0, 900, 105}};
static const struct op gpu_forward[] = {
    {1, 21000, 640}, {2, 4200, 330}, {3, 2600, 300}, {4, 9500, 520}, {5, 1500, 290}};
static const struct op gpu_backward[] = {{6, 42000, 655}, {7, 18500, 540}, {8, 7800, 335}, {9, 3900, 305}};
static const struct op gpu_rest[] = {{10, 5200, 240}, {11, 8900, 280}};

double sim_uniform(struct sim_random *random)
{
    random->state += 0x9e3779b97f4a7c15u;
    uint64_t z = random->state;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

double sim_normal(struct sim_random *random)
{
    if (random->has_spare) {
        random->has_spare = 0;
        return random->spare;
    }
    double radius = sqrt(-2 * log(1 - sim_uniform(random))), angle = 6.283185307179586 * sim_uniform(random);

    random->spare = radius * sin(angle);
    random->has_spare = 1;
    return radius * cos(angle);
}

static void *must(void *pointer)
{
    if (pointer == NULL) {
        fprintf(stderr, "sim: no memory\n");
        abort();
    }
    return pointer;
}

static size_t append(struct op *step, size_t count, const struct op *ops, size_t op_count, int pieces, double scale)
{
    for (int piece = 0; piece < pieces; piece++) {
        for (size_t i = 0; i < op_count; i++) {
            step[count] = ops[i];
            step[count++].us *= scale / pieces;
        }
    }
    return count;
}

#define APPEND(ops, pieces, scale) count = append(step, count, ops, sizeof(ops) / sizeof(ops)[0], pieces, scale)

static size_t step_of(enum sim_load load, struct op *step, size_t *ret_cells)
{
    size_t count = 0;
    double scale = load == SIM_GPU_SMALL ? 0.1 : load == SIM_GPU_LOCKED ? 100.0 / 126.0 : 1;
    int layers = load == SIM_GPU_LAYERS ? 12 : 1;

    if (load == SIM_CPU || load == SIM_CPU_SMALL) {
        APPEND(cpu_step, 1, load == SIM_CPU ? 1 : 0.06);
        *ret_cells = 16;
        return count;
    }
    APPEND(gpu_gap, 1, scale);
    APPEND(gpu_forward, layers, scale);
    APPEND(gpu_backward, layers, scale);
    APPEND(gpu_rest, 1, scale);
    *ret_cells = 12;
    return count;
}

void sim_create(enum sim_load load, double seconds, uint64_t seed, double noise, double drift, struct sim *ret)
{
    struct op step[MOST_OPS];
    size_t ops, steps, at = 0;
    struct sim_random random = {.state = seed * 1000003};
    double length_cv = load == SIM_GPU_LOCKED ? 0.002 : 0.06;

    memset(ret, 0, sizeof *ret);
    ops = step_of(load, step, &ret->cells);
    for (size_t i = 0; i < ops; i++) {
        ret->step_s += step[i].us * 1e-6;
    }
    steps = (size_t)(seconds / ret->step_s) + 1;
    ret->count = steps * ops;
    ret->t_s = must(calloc(ret->count + 1, sizeof *ret->t_s));
    ret->energy_j = must(calloc(ret->count + 1, sizeof *ret->energy_j));
    ret->cell = must(calloc(ret->count, sizeof *ret->cell));
    double rho = exp(-ret->step_s / 20), slow = sim_normal(&random);
    for (size_t s = 0; s < steps; s++) {
        slow = rho * slow + sqrt(1 - rho * rho) * sim_normal(&random);
        for (size_t i = 0; i < ops; i++, at++) {
            double length_s = step[i].us * 1e-6 * exp(length_cv * sim_normal(&random) - length_cv * length_cv / 2);
            double watts = step[i].watts * exp(noise * sim_normal(&random) - noise * noise / 2) * (1 + drift * slow);

            ret->cell[at] = step[i].cell;
            ret->t_s[at + 1] = ret->t_s[at] + length_s;
            ret->energy_j[at + 1] = ret->energy_j[at] + length_s * watts;
            ret->true_j[step[i].cell] += length_s * watts;
            ret->true_s[step[i].cell] += length_s;
        }
    }
}

void sim_destroy(struct sim *sim)
{
    free(sim->t_s);
    free(sim->energy_j);
    free(sim->cell);
}

/* The stretch that t lies in. */
static size_t stretch_at(const struct sim *sim, double t_s)
{
    size_t low = 0, high = sim->count;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        if (sim->t_s[middle] <= t_s) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

double sim_energy(const struct sim *sim, double t_s)
{
    size_t i = stretch_at(sim, t_s);
    double part = (t_s - sim->t_s[i]) / (sim->t_s[i + 1] - sim->t_s[i]);

    part = part < 0 ? 0 : part > 1 ? 1 : part;
    return sim->energy_j[i] + part * (sim->energy_j[i + 1] - sim->energy_j[i]);
}

size_t sim_features(const struct sim *sim, double t0_s, double t1_s, struct jb_work_share *ret)
{
    double seconds[SIM_CELLS] = {0};
    size_t count = 0;

    for (size_t i = stretch_at(sim, t0_s); i < sim->count && sim->t_s[i] < t1_s; i++) {
        double begin = sim->t_s[i] > t0_s ? sim->t_s[i] : t0_s, end = sim->t_s[i + 1] < t1_s ? sim->t_s[i + 1] : t1_s;

        seconds[sim->cell[i]] += end > begin ? end - begin : 0;
    }
    for (size_t k = 0; k < sim->cells; k++) {
        if (seconds[k] > 0) {
            ret[count++] = (struct jb_work_share){.cell = (uint16_t)k, .seconds = seconds[k]};
        }
    }
    return count;
}

static size_t watch_windows(const struct sim *sim, const struct sim_sensor *sensor, struct sim_row *rows)
{
    size_t count = 0;

    for (double t_s = sensor->update_s + 0.2; t_s < sim->t_s[sim->count]; t_s += sensor->update_s) {
        double end = t_s - sensor->lag_s, begin = end - sensor->window_s;

        rows[count++] = (struct sim_row){begin, end, sim_energy(sim, end) - sim_energy(sim, begin)};
    }
    return count;
}

size_t sim_watch(const struct sim *sim, const struct sim_sensor *sensor, uint64_t seed, struct sim_row **ret)
{
    double length_s = sim->t_s[sim->count];
    size_t updates = (size_t)(length_s / sensor->update_s), count = 0, at = 0, last = SIZE_MAX;
    struct sim_random random = {.state = seed * 7919 + 17};
    struct sim_row *rows = must(calloc((size_t)(length_s / sensor->poll_s) + updates + 2, sizeof *rows));
    double before_s = 0, before_j = 0;

    *ret = rows;
    if (sensor->window_s > 0) {
        return watch_windows(sim, sensor, rows);
    }
    double *update_s = must(calloc(updates + 1, sizeof *update_s));
    for (size_t i = 0; i < updates; i++) {
        update_s[i] = (double)(i + 1) * sensor->update_s + sensor->jitter_s * sim_normal(&random);
    }
    for (double poll = sensor->poll_s; poll < length_s - sensor->poll_s; poll += sensor->poll_s) {
        double t_s = poll + fabs(sensor->poll_jitter_s * sim_normal(&random));

        while (at + 1 < updates && update_s[at + 1] <= t_s) {
            at++;
        }
        if (update_s[at] > t_s || (sensor->detect_s > 0 && at == last)) {
            continue;
        }
        double joules = floor(sim_energy(sim, update_s[at] - sensor->lag_s) / sensor->quantum_j) * sensor->quantum_j;
        if (sensor->detect_s > 0) {
            t_s = update_s[at] + sensor->detect_s * (sim_uniform(&random) - 0.5) + sensor->delay_s;
        }
        if (last != SIZE_MAX && t_s > before_s) {
            rows[count++] = (struct sim_row){before_s, t_s, joules - before_j};
        }
        before_s = t_s;
        before_j = joules;
        last = at;
    }
    free(update_s);
    return count;
}

struct jb_rows *sim_rows(const struct sim *sim, const struct sim_row *rows, size_t count, const uint64_t *lags_ns,
                         size_t lag_count, double edge_s, int windows, size_t max_rows)
{
    struct jb_work_share shares[JB_WORK_CELLS], mixed[JB_WORK_CELLS];
    int64_t offsets_ns[JB_BLUR];
    size_t offset_count = windows ? 1 : jb_rows_blur(edge_s, offsets_ns);
    struct jb_rows *ret = NULL;

    if (windows) {
        offsets_ns[0] = 0;
    }
    if (jb_rows_create(lags_ns, lag_count, max_rows, &ret) < 0) {
        must(NULL);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t l = 0; l < lag_count; l++) {
            size_t mixed_count = 0;

            if (jb_rows_lag(ret) >= 0 && (size_t)jb_rows_lag(ret) != l) {
                continue;
            }
            for (size_t o = 0; o < offset_count; o++) {
                double shift_s = ((double)offsets_ns[o] - (double)lags_ns[l]) / 1e9;
                size_t share_count = sim_features(sim, rows[i].t0_s + shift_s, rows[i].t1_s + shift_s, shares);

                mixed_count = jb_rows_mix(mixed, mixed_count, shares, share_count, 1.0 / (double)offset_count);
            }
            if (windows) {
                double window_s = rows[i].t1_s - rows[i].t0_s;

                jb_rows_add_window(ret, l, rows[i].energy_j / window_s, window_s, mixed, mixed_count);
            } else {
                jb_rows_add(ret, l, rows[i].energy_j, rows[i].t1_s - rows[i].t0_s, edge_s, i > 0, mixed, mixed_count);
            }
        }
        if (i % 512 == 511) {
            (void)jb_rows_settle(ret);
        }
    }
    return ret;
}
