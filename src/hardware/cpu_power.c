/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P = TDP * (i + (s - i) * curve(u)) * charged. The curve is the median of 212 SPECpower_ssj2008 results since 2017;
 * i and s by vendor and segment, bounded by SPECpower's figure for the very model (data/README.md, "How the CPU model
 * is made"). SPECpower's watts are those of a whole lean server at the wall and therefore only an upper bound: a
 * package cannot draw more than its server, but it may well draw less.
 */
#include "hardware/hardware.h"

#include "hardware/parts_table.h"
#include "hardware/pattern.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE             0.15
#define IDLE_LAPTOP      0.10
#define MAX_AMD          0.95
#define MAX_AMD_DESKTOP  (0.95 * 1.35) /* the socket may draw 1.35 x TDP (PPT of AM4 and AM5) */
#define MAX_INTEL_SERVER 1.1
#define MAX_TURBO        1.6 /* of max_turbo_w / TDP: cooling and short limits keep all cores below it */

/* Share of (full - idle) power at 0, 10, ... 100 % of the load. */
static const double spec_curve[] = {0, .173, .234, .298, .363, .426, .503, .599, .723, .863, 1};

double jb_spec_curve(double utilisation)
{
    if (!(utilisation > 0)) {
        return 0;
    }
    if (utilisation >= 1) {
        return 1;
    }
    size_t step = (size_t)(utilisation * 10);
    double part = utilisation * 10 - (double)step;
    return spec_curve[step] + part * (spec_curve[step + 1] - spec_curve[step]);
}

double jb_cpu_power_w(const struct jb_cpu_power_model *model, double utilisation)
{
    double span = model->max_fraction - model->idle_fraction;
    return model->tdp_w * (model->idle_fraction + span * jb_spec_curve(utilisation)) * model->charged;
}

static bool named(const struct jb_machine *machine, const char *pattern)
{
    return jb_pattern_found(pattern, true, machine->cpu.name);
}

static bool is_server(const struct jb_machine *machine)
{
    return named(machine, "xeon|epyc|opteron|altra|ampere|neoverse|graviton|threadripper|axion|cobalt|kunpeng|grace");
}

static bool is_mobile(const struct jb_machine *machine)
{
    return machine->laptop || named(machine, "\\d(u|h|hs|hx|hq|hk|y|v|g[1-7])\\b|\\bcore.*\\d[mp]\\b");
}

static void fractions(const struct jb_machine *machine, struct jb_cpu_power_model *m)
{
    const struct jb_part *part = machine->cpu.found == JB_FOUND_TABLE ? jb_part_find("cpu", machine->cpu.name) : NULL;
    bool server = is_server(machine);
    m->idle_fraction = is_mobile(machine) && !server ? IDLE_LAPTOP : IDLE;
    m->max_fraction = 1;
    if (strcmp(machine->cpu.vendor, "AMD") == 0) {
        bool desktop = named(machine, "ryzen") && !is_mobile(machine) && !server;
        m->max_fraction = desktop ? MAX_AMD_DESKTOP : MAX_AMD;
    } else if (strcmp(machine->cpu.vendor, "Intel") == 0) {
        if (server) {
            m->max_fraction = MAX_INTEL_SERVER;
        } else if (part != NULL && part->max_turbo_w > part->tdp_w) {
            m->max_fraction = fmin(part->max_turbo_w / part->tdp_w, MAX_TURBO);
        }
    }
}

static int by_key(const void *key, const void *row)
{
    return strcmp(key, ((const struct jb_spec_power *)row)->key);
}

static void bound_by_spec(const struct jb_machine *machine, struct jb_cpu_power_model *m)
{
    char key[384];
    jb_cpu_key(machine->cpu.name, key, sizeof key, NULL, 0);
    const struct jb_spec_power *s =
        bsearch(key, jb_spec_powers, jb_spec_powers_count, sizeof jb_spec_powers[0], by_key);
    if (s == NULL || machine->cpu.found != JB_FOUND_TABLE) {
        return;
    }
    m->idle_fraction = fmin(m->idle_fraction, s->idle_w / machine->cpu.tdp_w);
    m->max_fraction = fmax(fmin(m->max_fraction, s->max_w / machine->cpu.tdp_w), m->idle_fraction);
}

static unsigned threads_per_core(const struct jb_machine *machine)
{
    bool x86 = strcmp(machine->cpu.vendor, "Intel") == 0 || strcmp(machine->cpu.vendor, "AMD") == 0 ||
               strcmp(machine->cpu.vendor, "Hygon") == 0;
    return x86 && !named(machine, "xeon.*\\b6[79]\\d\\de\\b") ? 2 : 1; /* E-core Xeons have no second thread */
}

static void note(struct jb_cpu_power_model *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct jb_cpu_power_model *m, const char *format, ...)
{
    char text[sizeof m->note];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t used = strlen(m->note);
    snprintf(m->note + used, sizeof m->note - used, "%s%s", used > 0 ? "; " : "", text);
}

/* A guest pays for its threads, of the sockets that it believes to have. */
static void charge_guest(const struct jb_machine *machine, struct jb_cpu_power_model *m)
{
    const struct jb_cpu *cpu = &machine->cpu;
    if (cpu->found == JB_FOUND_FAMILY || cpu->found == JB_FOUND_GUESS) {
        note(m, "virtual machine: %u threads, %.60s, no model known", cpu->threads, cpu->source);
        return;
    }
    unsigned whole = cpu->table_cores * threads_per_core(machine);
    if (whole == 0) {
        note(m, "virtual machine: charged for whole sockets, their core count is not known");
        return;
    }
    m->charged = fmin(1, (double)cpu->threads / ((double)whole * cpu->sockets));
    note(m, "virtual machine: charged for %u of %u threads", cpu->threads, whole * cpu->sockets);
}

static void charge_container(const struct jb_machine *machine, struct jb_cpu_power_model *m)
{
    m->charged *= fmin(1, machine->cpu_limit / machine->cpu.threads);
    m->cpus = (unsigned)ceil(machine->cpu_limit);
    note(m, "container: charged for %.3g of %u threads", machine->cpu_limit, machine->cpu.threads);
}

static double error_of(const struct jb_machine *machine)
{
    switch (machine->cpu.found) {
    case JB_FOUND_TABLE:
    case JB_FOUND_CONFIG:
        return machine->virtual_machine ? 0.35 : machine->cpu.frequency ? 0.15 : 0.25;
    case JB_FOUND_FAMILY:
        return machine->virtual_machine ? 0.45 : 0.35;
    case JB_FOUND_NOT:
    case JB_FOUND_GUESS:
        break;
    }
    return 0.5;
}

void jb_cpu_power_model(const struct jb_machine *machine, struct jb_cpu_power_model *ret)
{
    const struct jb_cpu *cpu = &machine->cpu;
    bool per_socket = cpu->found == JB_FOUND_TABLE || cpu->found == JB_FOUND_CONFIG;
    struct jb_cpu_power_model m = {.charged = 1, .cpus = cpu->threads, .rel_error = error_of(machine)};
    m.tdp_w = cpu->tdp_w * (per_socket ? cpu->sockets : 1);
    fractions(machine, &m);
    bound_by_spec(machine, &m);
    if (machine->virtual_machine) {
        charge_guest(machine, &m);
    } else if (!per_socket && cpu->found != JB_FOUND_NOT) {
        note(&m, "%.100s, no model known", cpu->source);
    }
    if (machine->container && machine->cpu_limit > 0 && cpu->threads > 0) {
        charge_container(machine, &m);
    }
    *ret = m;
}
