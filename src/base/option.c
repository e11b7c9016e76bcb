/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option.c - parse a command line by its table.
 *
 * Ours instead of getopt_long(3): that keeps its state in globals, abbreviates long options, prints by itself
 * and cannot drive --help and completion. Documented in option.h.
 */
#include "base/option.h"

#include "base/choice.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define MAX_OPTIONS 128

struct parse {
    const struct jb_command *command;
    int argc;
    char **argv;
    int at; /* the word being read; moved on by whoever takes one */
    jb_option_fn handler;
    void *context;
    struct jb_diag *diag;
};

static const struct jb_option *find_long(const struct jb_command *command, const char *name, size_t length)
{
    for (const struct jb_option *o = command->options; o && o->id; o++) {
        if (o->name && strlen(o->name) == length && memcmp(o->name, name, length) == 0) {
            return o;
        }
    }
    return NULL;
}

static const struct jb_option *find_letter(const struct jb_command *command, char letter)
{
    for (const struct jb_option *o = command->options; o && o->id; o++) {
        if (o->letter != '\0' && o->letter == letter) {
            return o;
        }
    }
    return NULL;
}

/* An option whose name was cut short, or is a typo away. */
static const char *nearest_option(const struct jb_command *command, const char *name)
{
    const char *names[MAX_OPTIONS + 1];
    size_t count = 0;
    for (const struct jb_option *o = command->options; o && o->id && count < MAX_OPTIONS; o++) {
        if (o->name) {
            names[count++] = o->name;
        }
    }
    names[count] = NULL;
    for (size_t i = 0; i < count && strlen(name) >= 2; i++) {
        if (jb_starts(names[i], name)) {
            return names[i];
        }
    }
    return jb_nearest(name, names);
}

static int unknown_long(struct parse *p, const char *word)
{
    char name[64];
    size_t length = strcspn(word, "=");
    bool fits = length < sizeof(name);
    jb_snprintf(name, sizeof(name), "%.*s", (int)(fits ? length : sizeof(name) - 1), word);
    jb_fail(p->diag, -EINVAL, "unknown option '--%s%s'", name, fits ? "" : "...");
    const char *nearest = fits ? nearest_option(p->command, name) : NULL;
    if (nearest) {
        jb_fix(p->diag, "did you mean '--%s'?", nearest);
    } else {
        jb_fix(p->diag, "see 'joulebook %s --help'", p->command->name);
    }
    return -EINVAL;
}

static int unknown_letter(struct parse *p, const char *letter, const char *word)
{
    /* One whole character of UTF-8, so that the message does not hold half of one. */
    int length = 1;
    while (length < 4 && ((unsigned char)letter[length] & 0xC0) == 0x80) {
        length++;
    }
    if (word[2] == '\0') {
        jb_fail(p->diag, -EINVAL, "unknown option '%s'", word);
    } else {
        jb_fail(p->diag, -EINVAL, "unknown option '-%.*s' in '%.60s'", length, letter, word);
    }
    if (find_long(p->command, word + 1, strcspn(word + 1, "="))) { /* -name for --name */
        jb_fix(p->diag, "did you mean '-%.60s'?", word);
    } else {
        jb_fix(p->diag, "see 'joulebook %s --help'", p->command->name);
    }
    return -EINVAL;
}

static int use(struct parse *p, const struct jb_option *option, const char *shown, const char *value)
{
    if (value && option->choices && option->choices[0] != '@' && !jb_choice_has(option->choices, value)) {
        return jb_choice_fail(p->diag, shown, option->choices, value);
    }
    return p->handler(p->context, option, value, p->diag);
}

/* Takes the next word as the value of an option. */
static int use_next(struct parse *p, const struct jb_option *option, const char *shown)
{
    if (p->at >= p->argc) {
        return jb_fail(p->diag, -EINVAL, "option '%s' needs a value: %s %s", shown, shown, option->metavar);
    }
    return use(p, option, shown, p->argv[p->at++]);
}

static int parse_long(struct parse *p, const char *word)
{
    size_t length = strcspn(word, "=");
    const struct jb_option *option = find_long(p->command, word, length);
    if (!option) {
        return unknown_long(p, word);
    }
    char shown[80];
    jb_snprintf(shown, sizeof(shown), "--%s", option->name);
    if (word[length] != '=') {
        return option->metavar ? use_next(p, option, shown) : use(p, option, shown, NULL);
    }
    if (!option->metavar) {
        return jb_fail(p->diag, -EINVAL, "option '%s' takes no value", shown);
    }
    return use(p, option, shown, word + length + 1);
}

static int parse_letters(struct parse *p, const char *word)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const struct jb_option *option = find_letter(p->command, *letter);
        if (!option) {
            return unknown_letter(p, letter, word);
        }
        char shown[3] = {'-', *letter, '\0'};
        if (option->metavar) {
            return letter[1] ? use(p, option, shown, letter + 1) : use_next(p, option, shown);
        }
        int r = use(p, option, shown, NULL);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

/* Moves the words from..to-1 before the words first..from-1, keeping both orders. */
static void rotate(char **argv, int first, int from, int to)
{
    for (; from < to && first < from; first++, from++) {
        char *word = argv[from];
        memmove(&argv[first + 1], &argv[first], (size_t)(from - first) * sizeof(*argv));
        argv[first] = word;
    }
}

int jb_options_parse(const struct jb_command *command, int argc, char **argv, jb_option_fn handler, void *context,
                     int *ret_first_operand, struct jb_diag *diag)
{
    struct parse p = {command, argc, argv, 1, handler, context, diag};
    int first = 1; /* the operands met so far are argv[first..at-1] */
    while (p.at < argc) {
        int start = p.at;
        const char *word = argv[start];
        if (word[0] != '-' || word[1] == '\0') {
            if (command->stop_at_operand) {
                break;
            }
            p.at++;
            continue;
        }
        p.at++;
        bool ends = strcmp(word, "--") == 0;
        int r = ends ? 0 : word[1] == '-' ? parse_long(&p, word + 2) : parse_letters(&p, word);
        if (r != 0) {
            return r;
        }
        rotate(argv, first, start, p.at);
        first += p.at - start;
        if (ends) {
            break;
        }
    }
    *ret_first_operand = first < argc ? first : argc;
    return 0;
}
