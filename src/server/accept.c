/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Accept header of a scraper, as Prometheus sends it:
 *
 *     application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5
 *
 * Documented in RFC 9110 12.4.2 (weights) and 12.5.1. Odd: a more special range goes before a more general one however
 * large the weight of that is; a version other than ours is a range that we cannot serve. What cannot be read counts as
 * not written.
 */
#include "server/accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define OPENMETRICS "application/openmetrics-text"
#define TEXT        "text/plain"

struct part {
    const char *text;
    size_t length;
};

/* The next part up to `separator`, without blanks around it; false at the end. Quoted strings are not cut. */
static bool next_part(const char **at, const char *end, char separator, struct part *ret)
{
    const char *start = *at;
    bool quoted = false;

    if (start == NULL || start > end) {
        return false;
    }
    const char *stop = start;
    for (; stop < end && (quoted || *stop != separator); stop++) {
        if (quoted && *stop == '\\' && stop + 1 < end) {
            stop++;
        } else if (*stop == '"') {
            quoted = !quoted;
        }
    }
    *at = stop + 1;
    while (start < stop && (*start == ' ' || *start == '\t')) {
        start++;
    }
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t')) {
        stop--;
    }
    *ret = (struct part){.text = start, .length = (size_t)(stop - start)};
    return true;
}

static bool is(const struct part *part, const char *word)
{
    return part->length == strlen(word) && strncasecmp(part->text, word, part->length) == 0;
}

/* "NAME=VALUE", the value with or without quotes. */
static bool value_of(const struct part *part, const char *name, struct part *ret)
{
    size_t length = strlen(name);

    if (part->length <= length || part->text[length] != '=' || strncasecmp(part->text, name, length) != 0) {
        return false;
    }
    *ret = (struct part){.text = part->text + length + 1, .length = part->length - length - 1};
    if (ret->length >= 2 && ret->text[0] == '"' && ret->text[ret->length - 1] == '"') {
        ret->text++;
        ret->length -= 2;
    }
    return true;
}

/* A weight in thousandths: "1", "0.75"; -1: none that could be. */
static int weight(const struct part *part)
{
    int thousandths = 0, unit = 1000;

    if (part->length == 0 || part->length > 5 || (part->length > 1 && part->text[1] != '.')) {
        return -1;
    }
    for (size_t i = 0; i < part->length; i++) {
        if (i == 1) {
            continue;
        }
        if (part->text[i] < '0' || part->text[i] > '9') {
            return -1;
        }
        thousandths += unit * (part->text[i] - '0');
        unit /= 10;
    }
    return thousandths <= 1000 ? thousandths : -1;
}

struct range {
    struct part type;
    int weight; /* -1: cannot be read, or not a version that we have */
};

static void read_range(const struct part *element, struct range *ret)
{
    const char *at = element->text, *end = element->text + element->length;
    struct part part, value;

    *ret = (struct range){.weight = 1000};
    if (!next_part(&at, end, ';', &ret->type)) {
        ret->weight = -1;
        return;
    }
    while (next_part(&at, end, ';', &part)) {
        if (value_of(&part, "q", &value)) {
            ret->weight = weight(&value);
            return; /* what follows is of the weight */
        }
        if (value_of(&part, "version", &value)) {
            bool open = is(&ret->type, OPENMETRICS);
            if (!(open && is(&value, "1.0.0")) && !(!open && is(&value, "0.0.4"))) {
                ret->weight = -1;
                return;
            }
        }
    }
}

/* How much a format is wanted, and how special the range was that said so. */
struct wish {
    int special, weight;
};

static void wish_for(struct wish *wish, int special, int weight)
{
    if (special > wish->special || (special == wish->special && weight > wish->weight)) {
        *wish = (struct wish){.special = special, .weight = weight};
    }
}

bool jb_accept_openmetrics(const char *accept)
{
    struct wish open = {0}, text = {0};
    struct part element;

    if (accept == NULL) {
        return false;
    }
    const char *at = accept, *end = accept + strlen(accept);
    while (next_part(&at, end, ',', &element)) {
        struct range range;
        read_range(&element, &range);
        if (range.weight < 0) {
            continue;
        }
        if (is(&range.type, OPENMETRICS)) {
            wish_for(&open, 3, range.weight);
        } else if (is(&range.type, "application/*")) {
            wish_for(&open, 2, range.weight);
        } else if (is(&range.type, TEXT)) {
            wish_for(&text, 3, range.weight);
        } else if (is(&range.type, "text/*")) {
            wish_for(&text, 2, range.weight);
        } else if (is(&range.type, "*/*")) {
            wish_for(&open, 1, range.weight);
            wish_for(&text, 1, range.weight);
        }
    }
    return open.weight > text.weight;
}
