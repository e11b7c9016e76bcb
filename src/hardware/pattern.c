/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles an expression to a small program of jumps and splits, whose distances are relative so that a piece can be
 * moved or copied when a quantifier follows it. Grammar and limits: pattern.h. Running it: pattern_run.c.
 */
#include "hardware/pattern.h"

#include "hardware/pattern_code.h"

#include <string.h>

#define MAX_NESTING 16

struct compiler {
    struct jb_pattern *pattern;
    const char *at;
    unsigned groups; /* opened so far */
    unsigned depth;
    bool bad;
};

static void alternatives(struct compiler *c);

static void emit(struct compiler *c, struct jb_pattern_op op)
{
    if (c->pattern->length == JB_PATTERN_CODE) {
        c->bad = true;
        return;
    }
    c->pattern->code[c->pattern->length++] = op;
}

/* Make room for one op at `where`; what lies behind keeps its meaning because distances are relative. */
static void insert(struct compiler *c, unsigned where, struct jb_pattern_op op)
{
    emit(c, op);
    if (!c->bad) {
        struct jb_pattern_op *code = c->pattern->code;
        memmove(&code[where + 1], &code[where], (c->pattern->length - 1 - where) * sizeof *code);
        code[where] = op;
    }
}

static void copy(struct compiler *c, unsigned from, unsigned length)
{
    for (unsigned i = 0; i < length && !c->bad; i++) {
        emit(c, c->pattern->code[from + i]);
    }
}

static struct jb_pattern_op split(bool lazy, int enter, int leave)
{
    return (struct jb_pattern_op){JB_OP_SPLIT, 0, (int16_t)(lazy ? leave : enter), (int16_t)(lazy ? enter : leave)};
}

static void optional(struct compiler *c, unsigned start, bool lazy)
{
    int length = (int)(c->pattern->length - start);
    insert(c, start, split(lazy, 1, length + 1));
}

static void star(struct compiler *c, unsigned start, bool lazy)
{
    int length = (int)(c->pattern->length - start);
    insert(c, start, split(lazy, 1, length + 2));
    emit(c, (struct jb_pattern_op){JB_OP_JUMP, 0, (int16_t)(-length - 1), 0});
}

static unsigned number(struct compiler *c)
{
    unsigned value = 0;
    while (*c->at >= '0' && *c->at <= '9' && value < JB_PATTERN_CODE) {
        value = value * 10 + (unsigned)(*c->at++ - '0');
    }
    return value;
}

/* {m}, {m,} or {m,n}: the piece at `start` written out. */
static void counted(struct compiler *c, unsigned start)
{
    unsigned length = c->pattern->length - start;
    c->at++;
    unsigned least = number(c), most = least;
    bool open = false;
    if (*c->at == ',') {
        c->at++;
        open = *c->at == '}';
        most = open ? least : number(c);
    }
    if (*c->at != '}' || most < least || most == 0) {
        c->bad = true;
        return;
    }
    c->at++;
    for (unsigned i = 1; i < most && !c->bad; i++) {
        unsigned piece = c->pattern->length;
        copy(c, start, length);
        if (i >= least && !c->bad) {
            optional(c, piece, false);
        }
    }
    if (least == 0) {
        optional(c, start, false);
    }
    if (open && !c->bad) {
        unsigned piece = c->pattern->length;
        copy(c, start, length);
        star(c, piece, false);
    }
}

static void quantifier(struct compiler *c, unsigned start)
{
    char q = *c->at;
    if (q == '{') {
        counted(c, start);
        return;
    }
    if (q != '*' && q != '+' && q != '?') {
        return;
    }
    bool lazy = c->at[1] == '?';
    c->at += lazy ? 2 : 1;
    if (q == '+') {
        unsigned length = c->pattern->length - start;
        emit(c, split(lazy, -(int)length, 1));
    } else if (q == '*') {
        star(c, start, lazy);
    } else {
        optional(c, start, lazy);
    }
}

static void group(struct compiler *c)
{
    bool look = c->at[1] == '?' && (c->at[2] == '=' || c->at[2] == '!');
    unsigned start = c->pattern->length, n = 0;
    if (look) {
        emit(c, (struct jb_pattern_op){JB_OP_LOOK, c->at[2] == '!', 0, 0});
        c->at += 3;
    } else {
        c->at++;
        n = ++c->groups;
        c->bad |= n >= JB_PATTERN_GROUPS;
        emit(c, (struct jb_pattern_op){JB_OP_SAVE, (uint8_t)(2 * n), 0, 0});
    }
    if (++c->depth > MAX_NESTING) {
        c->bad = true;
    }
    if (!c->bad) {
        alternatives(c);
    }
    c->depth--;
    if (*c->at != ')') {
        c->bad = true;
        return;
    }
    c->at++;
    if (look) {
        emit(c, (struct jb_pattern_op){JB_OP_MATCH, 0, 0, 0});
        c->pattern->code[start].x = (int16_t)(c->pattern->length - start);
    } else {
        emit(c, (struct jb_pattern_op){JB_OP_SAVE, (uint8_t)(2 * n + 1), 0, 0});
    }
}

static void set(struct compiler *c)
{
    const char *end = c->at + 1 + (c->at[1] == '^');
    while (*end != '\0' && *end != ']') {
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    }
    if (*end == '\0') {
        c->bad = true;
        return;
    }
    emit(c, (struct jb_pattern_op){JB_OP_ATOM, 0, (int16_t)(c->at - c->pattern->source), 0});
    c->at = end + 1;
}

static void piece(struct compiler *c)
{
    unsigned start = c->pattern->length;
    char ch = *c->at;
    if (ch == '(') {
        group(c);
    } else if (ch == '[') {
        set(c);
    } else if (ch == '^' || ch == '$') {
        emit(c, (struct jb_pattern_op){ch == '^' ? JB_OP_BEGIN : JB_OP_END, 0, 0, 0});
        c->at++;
        return;
    } else if (ch == '\\' && c->at[1] == 'b') {
        emit(c, (struct jb_pattern_op){JB_OP_EDGE, 0, 0, 0});
        c->at += 2;
        return;
    } else if (strchr("*+?{", ch) != NULL || (ch == '\\' && c->at[1] == '\0')) {
        c->bad = true;
        return;
    } else {
        emit(c, (struct jb_pattern_op){JB_OP_ATOM, 0, (int16_t)(c->at - c->pattern->source), 0});
        c->at += ch == '\\' ? 2 : 1;
    }
    if (!c->bad) {
        quantifier(c, start);
    }
}

static void alternatives(struct compiler *c)
{
    struct jb_pattern_op *code = c->pattern->code;
    unsigned start = c->pattern->length;
    int waiting = -1; /* the jumps to the end, chained through y until the end is known */
    for (;;) {
        while (*c->at != '\0' && *c->at != '|' && *c->at != ')' && !c->bad) {
            piece(c);
        }
        if (*c->at != '|' || c->bad) {
            break;
        }
        c->at++;
        insert(c, start, split(false, 1, (int)(c->pattern->length - start) + 2));
        emit(c, (struct jb_pattern_op){JB_OP_JUMP, 0, 0, (int16_t)waiting});
        waiting = (int)c->pattern->length - 1;
        start = c->pattern->length;
    }
    while (waiting >= 0 && !c->bad) {
        int next = code[waiting].y;
        code[waiting].x = (int16_t)((int)c->pattern->length - waiting);
        code[waiting].y = 0;
        waiting = next;
    }
}

bool jb_pattern_compile(struct jb_pattern *pattern, const char *source, bool ignore_case)
{
    struct compiler c = {.pattern = pattern, .at = source};
    pattern->source = source;
    pattern->ignore_case = ignore_case;
    pattern->length = 0;
    if (strlen(source) >= INT16_MAX) {
        return false;
    }
    alternatives(&c);
    emit(&c, (struct jb_pattern_op){JB_OP_MATCH, 0, 0, 0});
    return !c.bad && *c.at == '\0';
}
