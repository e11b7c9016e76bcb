/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name's cell, group and mark. A name is looked at once: from then on its number finds it all.
 *
 * Odd: two names may share a cell ("evaluate_function: MmBackward0" and the "MmBackward0" inside it; loaders of several
 * classes), which is why cells are looked for by text. There are 255 of them at most.
 */
#include "attribution/work_in.h"

#include <string.h>

#include "base/text.h"

/* Operators that a network has, other than those that losses, optimisers and bookkeeping have too: they tell an
 * evaluation from the pause between two steps. */
static bool is_heavy(const char *text, enum jb_op_class op_class)
{
    switch (op_class) {
    case JB_OP_MATMUL:
    case JB_OP_CONVOLUTION:
    case JB_OP_POOLING:
    case JB_OP_NORMALIZATION:
    case JB_OP_EMBEDDING:
    case JB_OP_ATTENTION:
        return true;
    default:
        return jb_mark_of(text) == JB_MARK_COMPILED;
    }
}

/* What a name is called in tables: a loader without the class of its iterator. */
static void label(const char *text, char name[JB_WORK_NAME])
{
    size_t length;

    text = jb_op_short(text);
    length = jb_mark_of(text) == JB_MARK_DATA ? strcspn(text, "#") : strlen(text);
    if (length >= JB_WORK_NAME) {
        length = JB_WORK_NAME - 1;
    }
    memcpy(name, text, length);
    name[length] = '\0';
    jb_sanitise(name); /* a character may have been cut in two */
}

struct name *work_name(struct jb_work *work, const char *text, uint32_t number, struct name *spare)
{
    struct name *name = number < NAMES ? &work->names[number] : spare;

    if (!name->looked) {
        enum jb_op_class op_class = jb_op_class_of(text);

        name->looked = true;
        name->mark = jb_mark_of(text);
        name->heavy = is_heavy(text, op_class);
    }
    return name;
}

uint16_t work_cell_of(struct jb_work *work, unsigned number, const char *text)
{
    struct domain *domain = &work->domain[number];
    char name[JB_WORK_NAME];
    struct cell *cell;

    label(text, name);
    for (size_t i = 1; i < domain->cells; i++) {
        if (strcmp(domain->cell[i].view.name, name) == 0) {
            return (uint16_t)i;
        }
    }
    if (domain->cells >= LAST_CELL) {
        work->health.too_many_cells++;
        if (domain->cells == LAST_CELL) {
            jb_copy(domain->cell[LAST_CELL].view.name, JB_WORK_NAME, "(others)");
            domain->cell[LAST_CELL].view.op_class = JB_OP_OTHER;
            domain->cells++;
        }
        return LAST_CELL;
    }
    cell = &domain->cell[domain->cells];
    jb_copy(cell->view.name, sizeof(cell->view.name), name);
    cell->view.op_class = jb_op_class_of(text);
    return (uint16_t)domain->cells++;
}

uint16_t work_group_of(struct jb_work *work, enum jb_event_kind kind, const char *text, struct name *name)
{
    char label_text[JB_WORK_NAME];
    struct group *group;

    if (name->group != 0 && work->groups[name->group - 1].view.kind == kind) {
        return (uint16_t)(name->group - 1);
    }
    jb_copy(label_text, sizeof(label_text), text);
    jb_sanitise(label_text);
    for (size_t i = 0; i < work->group_count; i++) {
        if (work->groups[i].view.kind == kind && strcmp(work->groups[i].view.name, label_text) == 0) {
            name->group = (uint16_t)(i + 1);
            return (uint16_t)i;
        }
    }
    if (work->group_count == JB_WORK_GROUPS) {
        work->health.too_many_groups++;
        return NONE;
    }
    group = &work->groups[work->group_count];
    group->view.kind = kind;
    jb_copy(group->view.name, sizeof(group->view.name), label_text);
    name->group = (uint16_t)(work->group_count + 1);
    return (uint16_t)work->group_count++;
}
