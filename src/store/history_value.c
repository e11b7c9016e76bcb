/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One channel in a row of a block of the history; the format is in history_block.h.
 *
 * Differences are taken modulo 2^64, so that every value has one whatever was predicted. What comes out is checked as a
 * whole: parts that are more than their sum are no value.
 */
#include "store/history_block.h"

static unsigned parameter(uint64_t size)
{
    return size < 2 ? 0 : 63 - (unsigned)__builtin_clzll(size);
}

static void follow(uint64_t *size, uint64_t code)
{
    *size = *size - *size / 4 + code / 4;
}

static void put_code(struct jb_bit_writer *bits, uint64_t code, uint64_t *size)
{
    jb_bits_put_rice(bits, code, parameter(*size));
    follow(size, code);
}

static uint64_t get_code(struct jb_bit_reader *bits, uint64_t *size)
{
    uint64_t code = jb_bits_get_rice(bits, parameter(*size));
    follow(size, code);
    return code;
}

void jb_history_put(struct jb_bit_writer *bits, uint64_t difference, uint64_t *size)
{
    put_code(bits, jb_zigzag(difference), size);
}

uint64_t jb_history_get(struct jb_bit_reader *bits, uint64_t *size)
{
    return jb_unzigzag(get_code(bits, size));
}

static uint64_t predict(uint64_t before, uint64_t before_ns, uint64_t ns)
{
    if (before_ns == 0 || before_ns == ns) {
        return before;
    }
    return (uint64_t)((unsigned __int128)before * ns / before_ns);
}

uint64_t jb_history_mean_mw(const struct jb_history_value *value)
{
    if (value->covered_ns == 0) {
        return 0;
    }
    unsigned __int128 mean = (unsigned __int128)value->energy_uj * 1000000 / value->covered_ns; /* pJ per ns: mW */
    return mean > UINT32_MAX ? UINT32_MAX : (uint64_t)mean;
}

/* Lowest and highest are for drawing: they are kept as steps of 1/256 of the mean away from it, and never inward. */
static uint64_t step_of(uint64_t mean_mw)
{
    return mean_mw / 256 + 1;
}

static uint64_t steps(uint64_t from_mw, uint64_t to_mw, uint64_t step_mw)
{
    return to_mw <= from_mw ? 0 : (to_mw - from_mw + step_mw - 1) / step_mw;
}

/* What is in no row before is expected to be as large as it is: the first surprise of the next row is smaller. */
static void learn(struct jb_history_predictor *predictor, const struct jb_history_value *value)
{
    if (!predictor->seen) {
        predictor->energy_size = value->energy_uj / 32;
        predictor->idle_size = value->idle_uj / 1024;
        predictor->others_size = value->energy_uj / 64;
        predictor->low_size = predictor->high_size = 8;
    }
    uint64_t others = value->energy_uj - value->runs_uj - value->idle_uj;
    predictor->seen = true;
    predictor->covered_ns = value->covered_ns;
    predictor->energy_uj = value->energy_uj;
    predictor->idle_uj = value->idle_uj;
    predictor->others_uj = value->runs_uj == 0 ? predictor->others_uj : others;
}

static void put_first(struct jb_bit_writer *bits, const struct jb_history_value *value, unsigned kind, uint64_t others)
{
    jb_bits_put_number(bits, value->energy_uj);
    if (kind != 0) {
        jb_bits_put_part(bits, value->idle_uj, value->energy_uj);
    }
    if (kind == 3) {
        jb_bits_put_part(bits, others, value->energy_uj - value->idle_uj);
    }
}

void jb_history_put_value(struct jb_bit_writer *bits, struct jb_history_predictor *p,
                          const struct jb_history_value *value, uint64_t length_ns)
{
    jb_bits_put(bits, value->energy_uj != JB_NO_VALUE, 1);
    if (value->energy_uj == JB_NO_VALUE) {
        return;
    }
    jb_bits_put(bits, value->covered_ns == length_ns, 1);
    if (value->covered_ns != length_ns) {
        jb_bits_put_number(bits, jb_zigzag(length_ns - value->covered_ns));
    }
    uint64_t others = value->energy_uj - value->runs_uj - value->idle_uj;
    unsigned kind = (value->runs_uj != 0 ? 2U : 0U) | (others != 0 ? 1U : 0U);
    jb_bits_put(bits, kind, 2);
    uint64_t mean = jb_history_mean_mw(value), step = step_of(mean);
    uint64_t low = steps(value->min_mw, mean, step), high = steps(mean, value->max_mw, step);
    if (!p->seen) {
        put_first(bits, value, kind, others);
        jb_bits_put_number(bits, low);
        jb_bits_put_number(bits, high);
    } else {
        jb_history_put(bits, value->energy_uj - predict(p->energy_uj, p->covered_ns, value->covered_ns),
                       &p->energy_size);
        if (kind != 0) {
            jb_history_put(bits, value->idle_uj - predict(p->idle_uj, p->covered_ns, value->covered_ns), &p->idle_size);
        }
        if (kind == 3) {
            jb_history_put(bits, others - predict(p->others_uj, p->covered_ns, value->covered_ns), &p->others_size);
        }
        put_code(bits, low, &p->low_size);
        put_code(bits, high, &p->high_size);
    }
    learn(p, value);
}

bool jb_history_get_value(struct jb_bit_reader *bits, struct jb_history_predictor *p, uint64_t length_ns,
                          struct jb_history_value *ret)
{
    struct jb_history_value value = {.energy_uj = JB_NO_VALUE};
    if (jb_bits_get(bits, 1) == 0) {
        *ret = value;
        return true;
    }
    bool whole = jb_bits_get(bits, 1) != 0;
    value.covered_ns = whole ? length_ns : length_ns - jb_unzigzag(jb_bits_get_number(bits));
    unsigned kind = (unsigned)jb_bits_get(bits, 2);
    uint64_t idle = 0, others = 0, low = 0, high = 0;
    if (!p->seen) {
        value.energy_uj = jb_bits_get_number(bits);
        idle = kind != 0 ? jb_bits_get_part(bits, value.energy_uj) : value.energy_uj;
        others = kind == 3 ? jb_bits_get_part(bits, value.energy_uj - idle) : 0;
        low = jb_bits_get_number(bits);
        high = jb_bits_get_number(bits);
    } else {
        value.energy_uj =
            predict(p->energy_uj, p->covered_ns, value.covered_ns) + jb_history_get(bits, &p->energy_size);
        idle = kind != 0 ? predict(p->idle_uj, p->covered_ns, value.covered_ns) + jb_history_get(bits, &p->idle_size)
                         : value.energy_uj;
        others = kind == 3
                     ? predict(p->others_uj, p->covered_ns, value.covered_ns) + jb_history_get(bits, &p->others_size)
                     : 0;
        low = get_code(bits, &p->low_size);
        high = get_code(bits, &p->high_size);
    }
    if (bits->failed || value.energy_uj > JB_HISTORY_MAX_UJ || idle > value.energy_uj ||
        others > value.energy_uj - idle || value.covered_ns > JB_HISTORY_MAX_NS || low > UINT32_MAX ||
        high > UINT32_MAX) {
        return false;
    }
    value.idle_uj = idle;
    value.runs_uj = (kind & 2) != 0 ? value.energy_uj - idle - others : 0;
    uint64_t mean = jb_history_mean_mw(&value), step = step_of(mean);
    value.min_mw = (uint32_t)(low * step < mean ? mean - low * step : 0);
    value.max_mw = (uint32_t)(mean + high * step < UINT32_MAX ? mean + high * step : UINT32_MAX);
    learn(p, &value);
    *ret = value;
    return true;
}
