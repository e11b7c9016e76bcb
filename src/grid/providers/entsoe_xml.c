/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entsoe_xml.c - the documents of the Transparency Platform: generation per type, and refusals.
 *
 * Documented in the platform's "RESTful API user guide" (4.4.8 aggregated generation per type, 16.1.B&C) and the
 * schemas iec62325-451-6-generationload and 451-1-acknowledgement. A series is of one production type and has periods;
 * a period has a start, an end, a resolution and points numbered from 1.
 *
 * Odd: with curveType A03 a position that is missing repeats the one before, up to the end of the period; with A01 it
 * is not known. What is consumed (pumping, plants' own use) comes as a series of the same type with outBiddingZone in
 * the place of inBiddingZone. A period's end is that of what is published, not of what was asked for.
 */
#include "grid/providers/entsoe.h"

#include "base/text.h"
#include "base/xml.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MINUTE_NS     (60 * (int64_t)JB_NS_PER_S)
#define POSITIONS_MAX 10000

enum document { DOCUMENT_NONE, DOCUMENT_GENERATION, DOCUMENT_ACKNOWLEDGEMENT };

struct series {
    bool open, in_period, in_point;
    bool consumed, has_area, has_type, repeats;
    size_t code;
};

struct period {
    int64_t start_ns, end_ns, step_ns;
    uint64_t last; /* position */
    double last_amount;
};

struct reading {
    struct jb_slots *slots;
    const char *area;
    struct jb_diag *diag;
    enum document document;
    struct series series;
    struct period period;
    uint64_t position;
    double amount;
    char reason_code[16];
    char reason[JB_XML_TEXT + 1]; /* whole: exchange.c does not know half a key for one where more text follows */
};

static int wrong(struct reading *reading, const char *what)
{
    return jb_fail(reading->diag, -EBADMSG, "entsoe: %s", what);
}

static int begin(void *context, const char *name)
{
    struct reading *reading = context;
    if (reading->document == DOCUMENT_NONE) {
        reading->document = strcmp(name, "GL_MarketDocument") == 0                ? DOCUMENT_GENERATION
                            : strcmp(name, "Acknowledgement_MarketDocument") == 0 ? DOCUMENT_ACKNOWLEDGEMENT
                                                                                  : DOCUMENT_NONE;
        return reading->document == DOCUMENT_NONE ? wrong(reading, "the answer is neither of generation nor a refusal")
                                                  : 0;
    }
    if (strcmp(name, "TimeSeries") == 0) {
        reading->series = (struct series){.open = true};
    } else if (strcmp(name, "Period") == 0 && reading->series.open) {
        reading->series.in_period = true;
        reading->period = (struct period){.start_ns = -1, .end_ns = -1, .last_amount = NAN};
    } else if (strcmp(name, "Point") == 0 && reading->series.in_period) {
        reading->series.in_point = true;
        reading->position = 0;
        reading->amount = NAN;
    }
    return 0;
}

/* The slots from `position` on to `end` (not included) of the period. */
static void fill(struct reading *reading, uint64_t position, uint64_t end, double amount)
{
    const struct period *period = &reading->period;
    int64_t from_ns = period->start_ns + (int64_t)(position - 1) * period->step_ns;
    int64_t to_ns = period->start_ns + (int64_t)(end - 1) * period->step_ns;
    if (reading->series.consumed) {
        return;
    }
    if (reading->series.code < JB_ENTSOE_CODES) {
        jb_slots_set(reading->slots, reading->series.code, from_ns, to_ns, amount);
    } else {
        jb_slots_add(reading->slots, JB_ENTSOE_CODES - 1, from_ns, to_ns, amount);
    }
}

static bool is_whole(const struct reading *reading)
{
    const struct period *period = &reading->period;
    return reading->series.has_area && reading->series.has_type && period->step_ns > 0 && period->start_ns >= 0 &&
           period->end_ns > period->start_ns && (period->end_ns - period->start_ns) % period->step_ns == 0 &&
           (period->end_ns - period->start_ns) / period->step_ns <= POSITIONS_MAX;
}

static uint64_t positions(const struct period *period)
{
    return (uint64_t)((period->end_ns - period->start_ns) / period->step_ns);
}

static int end_point(struct reading *reading)
{
    struct period *period = &reading->period;
    reading->series.in_point = false;
    if (!is_whole(reading)) {
        return wrong(reading, "a point before area, type, interval and resolution are known");
    }
    if (reading->position <= period->last || reading->position > positions(period)) {
        return wrong(reading, "the positions of points do not rise from 1 to the end of the interval");
    }
    if (reading->series.repeats && period->last > 0) {
        fill(reading, period->last + 1, reading->position, period->last_amount);
    }
    fill(reading, reading->position, reading->position + 1, reading->amount);
    period->last = reading->position;
    period->last_amount = reading->amount;
    return 0;
}

static void end_period(struct reading *reading)
{
    struct period *period = &reading->period;
    if (reading->series.repeats && period->last > 0) {
        fill(reading, period->last + 1, positions(period) + 1, period->last_amount);
    }
    reading->series.in_period = false;
}

static int64_t resolution_ns(const char *text)
{
    static const struct {
        const char *text;
        int minutes;
    } known[] = {{"PT15M", 15}, {"PT30M", 30}, {"PT60M", 60}, {"PT1H", 60}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(text, known[i].text) == 0) {
            return known[i].minutes * MINUTE_NS;
        }
    }
    return 0;
}

static int end_in_point(struct reading *reading, const char *name, const char *text)
{
    if (strcmp(name, "Point") == 0) {
        return end_point(reading);
    }
    if (strcmp(name, "position") == 0 && jb_parse_u64(text, &reading->position) < 0) {
        return wrong(reading, "a position is no number");
    }
    if (strcmp(name, "quantity") == 0 && jb_parse_double(text, &reading->amount) < 0) {
        return wrong(reading, "a quantity is no number");
    }
    return 0;
}

static int end_in_period(struct reading *reading, const char *name, const char *text)
{
    struct period *period = &reading->period;
    if (strcmp(name, "Period") == 0) {
        end_period(reading);
    } else if (period->last > 0) {
        return 0; /* nothing after the first point changes what they were counted from */
    } else if (strcmp(name, "start") == 0) {
        return jb_iso_parse(text, &period->start_ns) < 0 ? wrong(reading, "the start of an interval is no time") : 0;
    } else if (strcmp(name, "end") == 0) {
        return jb_iso_parse(text, &period->end_ns) < 0 ? wrong(reading, "the end of an interval is no time") : 0;
    } else if (strcmp(name, "resolution") == 0) {
        period->step_ns = resolution_ns(text);
        return period->step_ns == 0 ? wrong(reading, "the resolution is none of 15, 30 and 60 minutes") : 0;
    }
    return 0;
}

static int end_in_series(struct reading *reading, const char *name, const char *text)
{
    struct series *series = &reading->series;
    if (strcmp(name, "TimeSeries") == 0) {
        series->open = false;
    } else if (strcmp(name, "inBiddingZone_Domain.mRID") == 0 || strcmp(name, "outBiddingZone_Domain.mRID") == 0) {
        series->has_area = true;
        series->consumed = name[0] == 'o';
        return strcmp(text, reading->area) != 0 ? wrong(reading, "the answer is about another area") : 0;
    } else if (strcmp(name, "psrType") == 0) {
        series->has_type = true;
        series->code = jb_slots_code(jb_entsoe_codes, JB_ENTSOE_CODES, text);
    } else if (strcmp(name, "curveType") == 0) {
        series->repeats = strcmp(text, "A03") == 0;
    } else if (strcmp(name, "quantity_Measure_Unit.name") == 0) {
        return strcmp(text, "MAW") != 0 ? wrong(reading, "quantities are not in MW") : 0;
    }
    return 0;
}

static int end(void *context, const char *name, const char *text)
{
    struct reading *reading = context;
    if (reading->document == DOCUMENT_ACKNOWLEDGEMENT) {
        if (strcmp(name, "code") == 0) {
            jb_copy(reading->reason_code, sizeof(reading->reason_code), text);
        } else if (strcmp(name, "text") == 0) {
            jb_copy(reading->reason, sizeof(reading->reason), text);
            jb_sanitise(reading->reason);
        }
        return 0;
    }
    if (reading->series.in_point) {
        return end_in_point(reading, name, text);
    }
    if (reading->series.in_period) {
        return end_in_period(reading, name, text);
    }
    return reading->series.open ? end_in_series(reading, name, text) : 0;
}

/* Code 999 is given for every refusal, so that its text decides: for no data "No matching data found for Data item
 * ..." or, in older answers, "No data available". */
static int refusal(const struct reading *reading)
{
    const char *reason = reading->reason[0] != '\0' ? reading->reason : "no reason given";
    int err = jb_starts(reason, "No matching data found") || jb_starts(reason, "No data available") ? -ENODATA
              : jb_starts(reason, "Unauthorized")                                                   ? -EACCES
                                                                                                    : -EINVAL;
    return jb_fail(reading->diag, err, "entsoe: %s (%s)", reason, reading->reason_code);
}

int jb_entsoe_parse(const char *body, size_t length, const char *area, struct jb_slots *slots, struct jb_diag *diag)
{
    static const struct jb_xml_events events = {.begin = begin, .end = end};
    struct reading reading = {.slots = slots, .area = area, .diag = diag};
    int err = jb_xml_parse(body, length, &events, &reading, diag);
    if (err < 0) {
        return err;
    }
    return reading.document == DOCUMENT_ACKNOWLEDGEMENT ? refusal(&reading) : 0;
}
