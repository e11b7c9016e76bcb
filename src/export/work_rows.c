/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of operators and sums by class; documented in work_rows.h. The epochs are in work_epochs.c.
 *
 * Records come from databases of anybody's: groups are found by sorting, so that thousands of members take no longer
 * than thousands of operators.
 */
#include "export/work_rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int by_number(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

/* What is sorted: rows keep pointing into the record. */
struct place {
    const struct jb_record_operator *operator;
};

/* Members of a group next to each other; the others, which have a group of their own, in the order of the record. */
static int by_group(const void *a_pointer, const void *b_pointer)
{
    const struct jb_record_operator *a = ((const struct place *)a_pointer)->operator;
    const struct jb_record_operator *b = ((const struct place *)b_pointer)->operator;
    int order = strcmp(a->device, b->device);
    order = order != 0 ? order : by_number(a->merged, b->merged);
    order = order != 0 || a->merged < 0 ? order : -by_number((int64_t)a->energy_uj, (int64_t)b->energy_uj);
    return order != 0 ? order : (a < b ? -1 : a > b);
}

static int by_energy(const void *a_pointer, const void *b_pointer)
{
    const struct jb_work_row *a = a_pointer, *b = b_pointer;
    int order = a->device_uj > b->device_uj ? -1 : a->device_uj < b->device_uj;
    order = order != 0 ? order : strcmp(a->first->device, b->first->device);
    order = order != 0 ? order : a->energy_uj > b->energy_uj ? -1 : a->energy_uj < b->energy_uj;
    return order != 0 ? order : (a->first < b->first ? -1 : a->first > b->first);
}

static bool same_group(const struct jb_record_operator *a, const struct jb_record_operator *b)
{
    return a->merged >= 0 && a->merged == b->merged && strcmp(a->device, b->device) == 0;
}

static size_t fill(const struct place *sorted, size_t count, struct jb_work_row *rows)
{
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        const struct jb_record_operator *o = sorted[i].operator;
        if (done == 0 || !same_group(rows[done - 1].first, o)) {
            rows[done++] = (struct jb_work_row){.first = o};
        }
        struct jb_work_row *row = &rows[done - 1];
        row->members++;
        row->calls += o->calls;
        row->energy_uj += o->energy_uj;
        row->time_s += o->time_s;
        row->uncertainty_uj += o->uncertainty_uj;
    }
    for (size_t i = 0; i < done; i++) {
        if (rows[i].members > 1 && rows[i].first->merged_uncertainty_uj > 0) {
            rows[i].uncertainty_uj = rows[i].first->merged_uncertainty_uj;
        }
    }
    return done;
}

/* The rows of a device are next to each other. */
static void sum_devices(struct jb_work_row *rows, size_t count)
{
    for (size_t from = 0, to; from < count; from = to) {
        double sum = 0;
        for (to = from; to < count && strcmp(rows[to].first->device, rows[from].first->device) == 0; to++) {
            sum += (double)rows[to].energy_uj;
        }
        for (size_t i = from; i < to; i++) {
            rows[i].device_uj = sum;
        }
    }
}

int jb_work_rows(const struct jb_record_work *work, struct jb_work_row **ret, size_t *ret_count)
{
    size_t count = work->operator_count;
    if (count == 0) {
        *ret = NULL;
        *ret_count = 0;
        return 0;
    }
    struct place *sorted = calloc(count, sizeof(*sorted));
    struct jb_work_row *rows = calloc(count, sizeof(*rows));
    if (sorted == NULL || rows == NULL) {
        free(sorted);
        free(rows);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i].operator= & work->operators[i];
    }
    qsort(sorted, count, sizeof(*sorted), by_group);
    count = fill(sorted, count, rows);
    free(sorted);
    sum_devices(rows, count);
    qsort(rows, count, sizeof(*rows), by_energy);
    *ret = rows;
    *ret_count = count;
    return 0;
}

const struct jb_record_operator *jb_work_row_member(const struct jb_record_work *work, const struct jb_work_row *row,
                                                    size_t number)
{
    const struct jb_record_operator *last = row->first;
    /* The next by energy, then by place, after `last`. */
    for (; number > 0 && last != NULL; number--) {
        const struct jb_record_operator *next = NULL;
        for (size_t i = 0; i < work->operator_count; i++) {
            const struct jb_record_operator *o = &work->operators[i];
            bool after = o->energy_uj < last->energy_uj || (o->energy_uj == last->energy_uj && o > last);
            if (same_group(row->first, o) && after && (next == NULL || o->energy_uj > next->energy_uj)) {
                next = o;
            }
        }
        last = next;
    }
    return last;
}

const char *jb_work_short_name(const char *name)
{
    static const char prefix[] = "aten::";
    return jb_starts(name, prefix) && name[sizeof(prefix) - 1] != '\0' ? name + sizeof(prefix) - 1 : name;
}

static int class_by_energy(const void *a_pointer, const void *b_pointer)
{
    const struct jb_work_class *a = a_pointer, *b = b_pointer;
    int order = a->energy_uj > b->energy_uj ? -1 : a->energy_uj < b->energy_uj;
    return order != 0 ? order : strcmp(a->name, b->name);
}

size_t jb_work_classes(const struct jb_record_work *work, struct jb_work_class ret[JB_WORK_CLASSES])
{
    size_t count = 0;
    for (size_t i = 0; i < work->operator_count; i++) {
        const struct jb_record_operator *o = &work->operators[i];
        const char *name = o->class_name[0] != '\0' ? o->class_name : "other";
        size_t at = 0;
        while (at < count && strcmp(ret[at].name, name) != 0) {
            at++;
        }
        if (at == JB_WORK_CLASSES) {
            at--;
        } else if (at == count) {
            ret[count] = (struct jb_work_class){.low = true};
            jb_copy(ret[count++].name, sizeof(ret->name), name);
        }
        ret[at].calls += o->calls;
        ret[at].energy_uj += o->energy_uj;
        ret[at].time_s += o->time_s;
        ret[at].low = ret[at].low && jb_streq(o->confidence, "low");
    }
    qsort(ret, count, sizeof(*ret), class_by_energy);
    return count;
}

static int group_by_energy(const void *a_pointer, const void *b_pointer)
{
    const struct jb_record_group *a = a_pointer, *b = b_pointer;
    int order = a->energy_uj > b->energy_uj ? -1 : a->energy_uj < b->energy_uj;
    order = order != 0 ? order : strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->kind, b->kind);
}

int jb_work_groups(const struct jb_record_work *work, bool layers, struct jb_record_group **ret, size_t *ret_count)
{
    size_t count = 0;
    for (size_t i = 0; i < work->group_count; i++) {
        count += jb_streq(work->groups[i].kind, "layer") == layers;
    }
    struct jb_record_group *sorted = count == 0 ? NULL : calloc(count, sizeof(*sorted));
    if (count > 0 && sorted == NULL) {
        return -ENOMEM;
    }
    size_t done = 0;
    for (size_t i = 0; sorted != NULL && i < work->group_count; i++) {
        if (jb_streq(work->groups[i].kind, "layer") == layers) {
            sorted[done++] = work->groups[i];
        }
    }
    if (count > 0) {
        qsort(sorted, count, sizeof(*sorted), group_by_energy);
    }
    *ret = sorted;
    *ret_count = count;
    return 0;
}
