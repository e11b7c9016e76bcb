/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid.h - gCO2e per kWh for a place, with where the number comes from.
 *
 * This is the static part, the last resort of the chain (chain.h): tables compiled in from data/ (carbon_intensity.csv:
 * zones under ODbL from Electricity Maps, countries from Ember under CC BY, US states from EPA eGRID;
 * cloud_regions.csv). No network. A location is never invented: with no zone known the world average is used and
 * flagged.
 *
 * A user with a better figure sets [grid] intensity in the config; the zone's table value is then not used.
 *
 * Average (not marginal), location-based, lifecycle unless the factor says direct.
 */
#ifndef JB_GRID_GRID_H
#define JB_GRID_GRID_H

#include <stdbool.h>
#include <stddef.h>

struct jb_diag;

/* How the zone was chosen: part of every record. */
enum jb_zone_origin {
    JB_ZONE_GIVEN,    /* --zone */
    JB_ZONE_CONFIG,   /* config or environment */
    JB_ZONE_METER,    /* told by the machine's meter, which was given it */
    JB_ZONE_TIMEZONE, /* guessed from the system's time zone */
    JB_ZONE_WORLD,    /* nothing known: world average */
};

struct jb_intensity {
    char zone[64];   /* "KR", "US-CAL-CISO", "DE", "World" */
    char name[96];   /* "South Korea" */
    char country[3]; /* ISO 3166-1 alpha-2, empty for regions of the world */
    double g_per_kwh;
    double rel_error;   /* one sigma; its reasons are in grid_table.c */
    const char *factor; /* "lifecycle" or "direct" */
    int year;
    bool estimated;   /* proxy, derived or world figures */
    bool given;       /* the user's own figure: nothing better is looked for */
    char source[160]; /* "electricitymaps-yearly-2025 (ODbL)" */
    enum jb_zone_origin origin;
    char note[192];     /* "guessed from the time zone Asia/Seoul"; empty */
    char live_zone[64]; /* the zone that providers know: `zone`, of a US state its main zone; empty: the world, a region
                         */
};

/* A zone by any name people use: Electricity Maps zone ("DE", "US-CAL-CISO"), ISO alpha-2 or alpha-3, "US-CA" for a
 * state, cloud region ("aws:eu-west-3", or "eu-west-3" when only one provider has it), or a country's or US state's
 * English name; case and accents are ignored. -ENOENT with the nearest known name as the hint; -ENODATA for a place in
 * the table without a value.
 *
 * A zone wins over a state of the same code ("US-AK"), a country over a state of the same name ("Georgia"). A country
 * that is split into zones has its own figure, and its note tells how far they are apart. The note of a state names its
 * main zone, that of a cloud region the region. */
int jb_grid_zone(const char *zone, struct jb_intensity *ret, struct jb_diag *diag);

/* Did the user name this place, on the command line or in the config? */
bool jb_grid_named(const struct jb_intensity *place);

/* As jb_grid_zone(), for a place that the machine's meter told. */
int jb_grid_told(const char *zone, struct jb_intensity *ret);

/* The whole choice: `given` (may be NULL), else `configured` (may be NULL or empty), else the country of the machine's
 * time zone, else world, with a note that tells why and how to set a zone. Fails only for a zone that was named and is
 * not known or has no value.
 *
 * The time zone: TZ in the environment, else /etc/timezone or the target of /etc/localtime (below root), through
 * tzdata's own zone1970.tab/zone.tab, and tzdata.zi for old names ("US/Pacific", "Japan"): those below root, or the
 * real machine's where root has none. A TZ that is set decides alone. */
int jb_grid_choose(const char *given, const char *configured, const char *root, struct jb_intensity *ret,
                   struct jb_diag *diag);

void jb_grid_world(struct jb_intensity *ret);

/* The zone names that have a value, sorted by byte value, without blanks; for listing and completion. NULL past the
 * end. */
const char *jb_grid_zone_name(size_t index);

/* Grams of so many microjoules at an intensity and a PUE. */
double jb_grid_grams(double energy_uj, double g_per_kwh, double pue);

#endif
