/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_now_out.c - print what holds now, as text and as JSON. Documented in grid_now.h.
 *
 * The members that were there before providers were asked keep their names: they are those of the live value where
 * there is one, else of the table's, which stands in `table` in any case.
 */
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/grid_now.h"
#include "cli/grid_time.h"

#include <math.h>
#include <string.h>

static const char *origin_text(enum jb_zone_origin origin)
{
    switch (origin) {
    case JB_ZONE_GIVEN:
        return "given";
    case JB_ZONE_CONFIG:
        return "config";
    case JB_ZONE_METER:
        return "meter";
    case JB_ZONE_TIMEZONE:
        return "timezone";
    default:
        return "world";
    }
}

/* g_per_kwh ... source of the table's figure. */
static void set_table(json_t *object, const struct jb_intensity *table)
{
    json_object_set_new(object, "g_per_kwh", grid_number(table->g_per_kwh));
    json_object_set_new(object, "uncertainty_g_per_kwh", grid_number(table->g_per_kwh * table->rel_error));
    json_object_set_new(object, "factor", json_string(table->factor != NULL ? table->factor : ""));
    json_object_set_new(object, "year", table->year > 0 ? json_integer(table->year) : json_null());
    json_object_set_new(object, "estimated", json_boolean(table->estimated));
    json_object_set_new(object, "source", json_string(table->source));
}

static void set_age(json_t *object, const struct jb_point *point, int64_t now_ns)
{
    json_object_set_new(object, "age_s", grid_number(point != NULL ? grid_age_s(point, now_ns) : NAN));
    json_object_set_new(object, "start", point != NULL ? grid_time(point->start_ns) : json_null());
    json_object_set_new(object, "end", point != NULL ? grid_time(point->end_ns) : json_null());
}

static void set_live(json_t *object, const struct jb_point *live)
{
    json_t *point = grid_point(live);

    json_object_update(object, point);
    json_object_set_new(object, "year", json_null());
    json_decref(point);
}

json_t *grid_now_json(const struct grid_place *place, const struct grid_look *look)
{
    json_t *object = grid_object(&place->place), *table = json_object(), *marginal = json_null();
    const struct jb_point *live = look->live;

    set_table(table, &place->place);
    set_table(object, &place->place);
    if (live != NULL) {
        set_live(object, live);
    } else {
        json_object_set_new(object, "forecast", json_false());
    }
    json_object_set_new(object, "origin", json_string(origin_text(place->place.origin)));
    json_object_set_new(object, "note", grid_text(place->place.note));
    json_object_set_new(object, "live", json_boolean(live != NULL));
    json_object_set_new(object, "provider", grid_text(live != NULL && live->provider ? live->provider->name : NULL));
    json_object_set_new(object, "time", grid_time(place->now_ns));
    set_age(object, live, place->now_ns);
    json_object_set_new(object, "table", table);
    if (look->at_margin != NULL) {
        marginal = grid_point(look->at_margin);
        set_age(marginal, look->at_margin, place->now_ns);
        json_object_set_new(marginal, "credits", grid_credits_json(&look->marginal));
    }
    json_object_set_new(object, "marginal", marginal);
    json_object_set_new(object, "steps", grid_steps_json(&look->steps));
    json_object_set_new(object, "credits", grid_credits_json(&look->average));
    return object;
}

/* "312 ± 31.2 gCO2e/kWh" */
static void value_text(double g_per_kwh, double rel_error, char *buffer, size_t size)
{
    char value[JB_UNIT_TEXT], sigma[JB_UNIT_TEXT];

    jb_snprintf(buffer, size, "%s ± %s gCO2e/kWh", jb_format_3(g_per_kwh, value, sizeof(value)),
                jb_format_3(fabs(g_per_kwh) * rel_error, sigma, sizeof(sigma)));
}

/* "ukgrid, of 14:00 to 14:30 KST, 25 min old" */
static void when_text(const struct jb_point *point, int64_t now_ns, char *buffer, size_t size)
{
    char span[3 * GRID_TIME_TEXT], age[GRID_TIME_TEXT], old[GRID_TIME_TEXT + 8] = "";

    if (grid_age_s(point, now_ns) > 0) {
        jb_snprintf(old, sizeof(old), ", %s old", grid_length(grid_age_s(point, now_ns), age, sizeof(age)));
    }
    jb_snprintf(buffer, size, "%s, of %s%s", point->provider != NULL ? point->provider->name : "unknown",
                grid_span(point->start_ns, point->end_ns, now_ns, span, sizeof(span)), old);
}

static void kind_text(const struct jb_point *point, const char *signal, char *buffer, size_t size)
{
    jb_snprintf(buffer, size, "%s, %s%s%s", signal, point->flags & JB_POINT_DIRECT ? "direct" : "lifecycle",
                point->flags & JB_POINT_FORECAST ? ", foretold" : "",
                point->flags & JB_POINT_ESTIMATED ? ", estimated" : "");
}

static void table_kind(const struct jb_intensity *table, char *buffer, size_t size)
{
    char year[16] = "";

    if (table->year > 0) {
        jb_snprintf(year, sizeof(year), " %d", table->year);
    }
    jb_snprintf(buffer, size, "average%s, %s%s", year, table->factor, table->estimated ? ", estimated" : "");
}

static void print_table_line(const struct jb_intensity *table, const struct cli_style *style)
{
    char value[80], kind[64], line[400];

    value_text(table->g_per_kwh, table->rel_error, value, sizeof(value));
    table_kind(table, kind, sizeof(kind));
    jb_snprintf(line, sizeof(line), "%s, %s; %s", value, kind, table->source);
    grid_line(table->year > 0 ? "year" : "table", line, style);
}

static void print_marginal(const struct grid_place *place, const struct grid_look *look, const struct cli_style *style)
{
    char value[80], kind[64], when[224], line[400];

    value_text(look->at_margin->g_per_kwh, look->at_margin->rel_error, value, sizeof(value));
    kind_text(look->at_margin, "marginal", kind, sizeof(kind));
    when_text(look->at_margin, place->now_ns, when, sizeof(when));
    jb_snprintf(line, sizeof(line), "%s, %s; %s", value, kind, when);
    grid_line("marginal", line, style);
    grid_credits(&look->marginal, style);
}

void grid_now_text(const struct grid_place *place, const struct grid_look *look, const struct cli_style *style)
{
    const struct jb_intensity *table = &place->place;
    char value[80], kind[64], line[256];

    grid_title(table, style);
    if (look->live != NULL) {
        value_text(look->live->g_per_kwh, look->live->rel_error, value, sizeof(value));
        kind_text(look->live, "live average", kind, sizeof(kind));
        when_text(look->live, place->now_ns, line, sizeof(line));
    } else {
        value_text(table->g_per_kwh, table->rel_error, value, sizeof(value));
        table_kind(table, kind, sizeof(kind));
        jb_copy(line, sizeof(line), table->source);
    }
    printf("  %s%s%s  %s\n", style->bold, value, style->off, kind);
    grid_line("source", line, style);
    if (look->live != NULL) {
        grid_credits(&look->average, style);
        print_table_line(table, style);
    }
    if (look->at_margin != NULL) {
        print_marginal(place, look, style);
    }
    grid_line("note", table->note, style);
    grid_steps(&look->steps, style);
}
