/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a compiled pattern by backtracking that remembers which states failed, which bounds the time (pattern.h). The
 * alternatives still to be tried lie on a fixed stack of our own. A pattern that needs a deeper one finds nothing:
 * the rules do not come near it, and no input may cost more.
 */
#include "hardware/pattern.h"

#include "hardware/pattern_code.h"

#include <string.h>

#define STACK  2048
#define STATES ((size_t)JB_PATTERN_CODE * (JB_PATTERN_TEXT + 1))

/* An alternative to go on from (edge < 0), or an edge of a group to put back first. */
struct job {
    int16_t op, at, edge, old;
};

struct run {
    const struct jb_pattern *pattern;
    const char *text;
    int length;
    int16_t edges[2 * JB_PATTERN_GROUPS];
    size_t depth;
    struct job stack[STACK];
    uint8_t failed[STATES / 8 + 1];
};

static bool is_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

static bool escape_fits(char escape, unsigned char c)
{
    switch (escape) {
    case 'd':
        return c >= '0' && c <= '9';
    case 'w':
        return is_word(c);
    case 's':
        return is_blank(c);
    case 'S':
        return !is_blank(c);
    default:
        return c == (unsigned char)escape;
    }
}

static bool set_fits(const char *set, unsigned char c)
{
    bool inverted = set[1] == '^';
    for (set += inverted ? 2 : 1; *set != ']'; set++) {
        if (*set == '\\') {
            if (escape_fits(*++set, c)) {
                return !inverted;
            }
        } else if (set[1] == '-' && set[2] != ']') {
            if (c >= (unsigned char)set[0] && c <= (unsigned char)set[2]) {
                return !inverted;
            }
            set += 2;
        } else if (c == (unsigned char)*set) {
            return !inverted;
        }
    }
    return inverted;
}

static bool upper_fits(const char *set, unsigned char c)
{
    return c >= 'a' && c <= 'z' && set_fits(set, (unsigned char)(c - ('a' - 'A')));
}

static bool atom_fits(const struct jb_pattern *pattern, int at, unsigned char c)
{
    const char *atom = pattern->source + at;
    bool fold = pattern->ignore_case;
    switch (*atom) {
    case '.':
        return c != '\n';
    case '\\':
        return escape_fits(atom[1], c);
    case '[':
        if (fold && atom[1] != '^') {
            return set_fits(atom, lower(c)) || upper_fits(atom, lower(c));
        }
        return set_fits(atom, c);
    default:
        return fold ? lower((unsigned char)*atom) == lower(c) : (unsigned char)*atom == c;
    }
}

static bool at_edge(const struct run *run, int at)
{
    bool before = at > 0 && is_word((unsigned char)run->text[at - 1]);
    bool after = at < run->length && is_word((unsigned char)run->text[at]);
    return before != after;
}

static bool at_end(const struct run *run, int at)
{
    return at == run->length || (at == run->length - 1 && run->text[at] == '\n');
}

/* First visit of this state? A second one can only fail again. */
static bool first_visit(struct run *run, int op, int at)
{
    size_t state = (size_t)op * ((size_t)run->length + 1) + (size_t)at;
    if (run->failed[state / 8] & (1u << state % 8)) {
        return false;
    }
    run->failed[state / 8] |= (uint8_t)(1u << state % 8);
    return true;
}

static void forget(struct run *run, int from, int to)
{
    for (int op = from; op < to; op++) {
        for (int at = 0; at <= run->length; at++) {
            size_t state = (size_t)op * ((size_t)run->length + 1) + (size_t)at;
            run->failed[state / 8] &= (uint8_t) ~(1u << state % 8);
        }
    }
}

static bool push(struct run *run, struct job job)
{
    if (run->depth == STACK) {
        return false;
    }
    run->stack[run->depth++] = job;
    return true;
}

/* Does the pattern from `op` on fit the text at `at`? Leaves nothing of its own on the stack. */
static bool fits(struct run *run, int op, int at);

/* One step that consumes at most one byte; false: this alternative is over. */
static bool step(struct run *run, int *op, int *at, bool *ret_overflow)
{
    const struct jb_pattern_op *o = &run->pattern->code[*op];
    switch ((enum jb_pattern_kind)o->kind) {
    case JB_OP_ATOM:
        if (*at >= run->length || !atom_fits(run->pattern, o->x, (unsigned char)run->text[*at])) {
            return false;
        }
        ++*at;
        break;
    case JB_OP_SPLIT:
        if (!push(run, (struct job){(int16_t)(*op + o->y), (int16_t)*at, -1, 0})) {
            *ret_overflow = true;
            return false;
        }
        *op += o->x;
        return true;
    case JB_OP_JUMP:
        *op += o->x;
        return true;
    case JB_OP_SAVE:
        if (!push(run, (struct job){0, 0, o->number, run->edges[o->number]})) {
            *ret_overflow = true;
            return false;
        }
        run->edges[o->number] = (int16_t)*at;
        break;
    case JB_OP_BEGIN:
        if (*at != 0) {
            return false;
        }
        break;
    case JB_OP_END:
        if (!at_end(run, *at)) {
            return false;
        }
        break;
    case JB_OP_EDGE:
        if (!at_edge(run, *at)) {
            return false;
        }
        break;
    case JB_OP_LOOK:
        forget(run, *op + 1, *op + o->x); /* what a look that succeeded left behind did not fail */
        if (fits(run, *op + 1, *at) == (o->number == 1)) {
            return false;
        }
        *op += o->x;
        return true;
    case JB_OP_MATCH:
        break;
    }
    ++*op;
    return true;
}

static bool fits(struct run *run, int op, int at)
{
    size_t bottom = run->depth;
    bool overflow = false;
    for (;;) {
        bool alive = first_visit(run, op, at);
        if (alive && run->pattern->code[op].kind == JB_OP_MATCH) {
            run->edges[1] = (int16_t)at;
            run->depth = bottom;
            return true;
        }
        alive = alive && step(run, &op, &at, &overflow);
        while (!alive && run->depth > bottom) {
            struct job job = run->stack[--run->depth];
            if (job.edge >= 0) {
                run->edges[job.edge] = job.old;
            } else if (!overflow) {
                op = job.op;
                at = job.at;
                alive = true;
            }
        }
        if (!alive) {
            return false;
        }
    }
}

bool jb_pattern_search(const struct jb_pattern *pattern, const char *text, size_t from, struct jb_pattern_match *ret)
{
    size_t length = strnlen(text, JB_PATTERN_TEXT + 1);
    if (length > JB_PATTERN_TEXT || from > length) {
        return false;
    }
    struct run run;
    run.pattern = pattern;
    run.text = text;
    run.length = (int)length;
    run.depth = 0;
    memset(run.edges, 0xff, sizeof run.edges);
    memset(run.failed, 0, pattern->length * (length + 1) / 8 + 1);
    for (int start = (int)from; start <= run.length; start++) {
        if (fits(&run, 0, start)) {
            run.edges[0] = (int16_t)start;
            for (int i = 0; ret != NULL && i < JB_PATTERN_GROUPS; i++) {
                ret->start[i] = run.edges[2 * i];
                ret->end[i] = run.edges[2 * i + 1];
            }
            return true;
        }
    }
    return false;
}

bool jb_pattern_found(const char *source, bool ignore_case, const char *text)
{
    struct jb_pattern pattern;
    return jb_pattern_compile(&pattern, source, ignore_case) && jb_pattern_search(&pattern, text, 0, NULL);
}
