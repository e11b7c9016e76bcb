/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook hardware: what this machine is and draws, or what a named part does. */
#include "hardware/hardware.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/survey.h"
#include "cli/table.h"
#include "engine/describe.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#define MAX_PARTS    20
#define COLUMNS      80
#define VALUE_COLUMN 13

static const struct jb_option options[] = {
    CLI_OPTION_JSON, CLI_OPTION_ROOT, CLI_OPTION_COLOR, CLI_OPTION_HELP, {0},
};

static const char *watts(double value, char *buffer, size_t size)
{
    return value > 0 ? jb_format_power(value, buffer, size) : "";
}

static void row(const char *label, const char *value, const struct cli_style *style, const char *more)
{
    if (value[0] != '\0') {
        printf("  %-10s ", label);
        cli_wrap(stdout, value, VALUE_COLUMN, COLUMNS);
        if (more[0] != '\0') {
            /* beside a short value, else below it */
            bool beside = VALUE_COLUMN + cli_columns(value) + 2 + cli_columns(more) <= COLUMNS;
            printf(beside ? "  %s%*s" : "\n%s%*s", style->dim, beside ? 0 : VALUE_COLUMN, "");
            cli_wrap(stdout, more, VALUE_COLUMN, beside ? 2 * COLUMNS : COLUMNS);
            fputs(style->off, stdout);
        }
        putchar('\n');
    }
}

static void print_machine(const struct jb_machine *machine, const struct jb_session_config *config,
                          const struct cli_style *style)
{
    struct jb_cpu_power_model cpu;
    struct jb_ram_power_model ram;
    struct jb_embodied embodied;
    char text[160], more[400], a[JB_UNIT_TEXT], b[JB_UNIT_TEXT];

    jb_cpu_power_model(machine, &cpu);
    jb_ram_power_model(machine, &ram);
    jb_embodied(machine, 0, config->embodied_kg, config->lifetime_s, &embodied);
    printf("%s%s%s\n", style->bold, machine->board[0] != '\0' ? machine->board : "this machine", style->off);
    snprintf(more, sizeof(more), "%u socket%s, %u cores, %u threads%s%s%s", machine->cpu.sockets,
             machine->cpu.sockets == 1 ? "" : "s", machine->cpu.cores, machine->cpu.threads,
             machine->virtual_machine ? ", virtual machine" : "", machine->hypervisor[0] != '\0' ? " " : "",
             machine->hypervisor);
    row("CPU", machine->cpu.name[0] != '\0' ? machine->cpu.name : "unknown", style, more);
    snprintf(text, sizeof(text), "%s per socket", watts(machine->cpu.tdp_w, a, sizeof(a)));
    snprintf(more, sizeof(more), "%s", machine->cpu.source);
    row("TDP", machine->cpu.tdp_w > 0 ? text : "unknown", style, more);
    snprintf(text, sizeof(text), "%s idle, %s busy", jb_format_power(jb_cpu_power_w(&cpu, 0), a, sizeof(a)),
             jb_format_power(jb_cpu_power_w(&cpu, 1), b, sizeof(b)));
    snprintf(more, sizeof(more), "± %.0f %%%s%s", cpu.rel_error * 100, cpu.note[0] != '\0' ? "; " : "", cpu.note);
    row("CPU model", text, style, more);
    snprintf(text, sizeof(text), "%s", jb_format_bytes((double)machine->ram_bytes, a, sizeof(a)));
    snprintf(more, sizeof(more), "%u modules %s", machine->dimms, machine->dimm_type);
    row("memory", text, style, machine->dimms > 0 ? more : "");
    snprintf(text, sizeof(text), "%s idle, %s busy", jb_format_power(ram.idle_w, a, sizeof(a)),
             jb_format_power(ram.full_w, b, sizeof(b)));
    snprintf(more, sizeof(more), "± %.0f %%%s%s", ram.rel_error * 100, ram.note[0] != '\0' ? "; " : "", ram.note);
    row("RAM model", text, style, more);
    for (unsigned i = 0; i < machine->gpu_count; i++) {
        snprintf(more, sizeof(more), "%s  %s", watts(machine->gpus[i].tdp_w, a, sizeof(a)), machine->gpus[i].source);
        row("GPU", machine->gpus[i].name, style, more);
    }
    snprintf(text, sizeof(text), "%.0f kg CO2e ± %.0f %%", embodied.total_kg, embodied.rel_error * 100);
    snprintf(more, sizeof(more), "over %.1f years; %s", embodied.lifetime_s / (365 * 86400.0), embodied.source);
    row("embodied", text, style, more);
    row("id", machine->id, style, "");
}

static int print_parts(const char *name, const struct cli_common *common)
{
    const struct jb_part *parts[MAX_PARTS + 1];
    size_t count = jb_part_search(name, parts, MAX_PARTS + 1);
    bool more = count > MAX_PARTS;
    struct cli_style style = cli_style(common, stdout);
    struct cli_table table;

    count = more ? MAX_PARTS : count;
    if (count == 0) {
        return cli_complain(&cmd_hardware, EXIT_USAGE,
                            "no part like '%s' is in the table; a CPU can be given by [hardware] cpu_tdp", name);
    }
    if (common->json) {
        json_t *root = json_object(), *list = json_array();
        for (size_t i = 0; i < count; i++) {
            const struct jb_part *part = parts[i];
            json_array_append_new(
                list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s}", "kind", part->kind, "vendor", part->vendor,
                                "model", part->model, "tdp_w", part->tdp_w > 0 ? json_real(part->tdp_w) : json_null(),
                                "max_turbo_w", part->max_turbo_w > 0 ? json_real(part->max_turbo_w) : json_null(),
                                "idle_w", part->idle_w > 0 ? json_real(part->idle_w) : json_null(), "cores",
                                part->cores > 0 ? json_integer(part->cores) : json_null(), "source", part->source));
        }
        json_object_set_new(root, "schema", json_integer(1));
        json_object_set_new(root, "parts", list);
        json_dumpf(root, stdout, JSON_INDENT(2));
        fputc('\n', stdout);
        json_decref(root);
        return 0;
    }
    cli_table_init(&table, (const char *const[]){"kind", "part", ">TDP", ">turbo", ">idle", ">cores", "source", NULL});
    for (size_t i = 0; i < count; i++) {
        char model[160], tdp[JB_UNIT_TEXT], turbo[JB_UNIT_TEXT], idle[JB_UNIT_TEXT], cores[16] = "";
        snprintf(model, sizeof(model), "%s %s", parts[i]->vendor, parts[i]->model);
        if (parts[i]->cores > 0) {
            snprintf(cores, sizeof(cores), "%u", parts[i]->cores);
        }
        cli_table_row(&table,
                      (const char *const[]){parts[i]->kind, model, watts(parts[i]->tdp_w, tdp, sizeof(tdp)),
                                            watts(parts[i]->max_turbo_w, turbo, sizeof(turbo)),
                                            watts(parts[i]->idle_w, idle, sizeof(idle)), cores, parts[i]->source});
    }
    cli_table_print(&table, stdout, "", style.dim, style.off);
    cli_table_finish(&table);
    if (more) {
        printf("%sthere are more; name it more closely%s\n", style.dim, style.off);
    }
    return 0;
}

static int print_this(struct cli_common *common)
{
    struct jb_session_config config = {0};
    struct jb_conf *conf = NULL;
    struct jb_machine machine;
    struct jb_diag diag = {0};
    char *text;

    if (cli_config(common, &conf, &diag) < 0 || cli_hardware_config(conf, &config, &diag) < 0 ||
        jb_machine_probe(common->root, &config.hints, &machine, &diag) < 0) {
        jb_conf_destroy(conf);
        return cli_error(&cmd_hardware, EXIT_USAGE, &diag);
    }
    if (!common->json) {
        struct cli_style style = cli_style(common, stdout);
        print_machine(&machine, &config, &style);
    } else if ((text = jb_describe_machine(&machine, NULL, 0)) != NULL) {
        printf("{\"schema\": 1, \"machine_id\": \"%s\", \"hardware\": %s}\n", machine.id, text);
        free(text);
    }
    jb_conf_destroy(conf);
    return 0;
}

static int hardware_main(int argc, char **argv, void *context)
{
    struct cli_common common = {0};
    int first;
    int status = cli_parse(&cmd_hardware, argc, argv, cli_common_only, &common, &first);

    if (status >= 0) {
        return status;
    }
    if (first == argc) {
        return print_this(&common);
    }
    struct jb_buf name = {0};
    for (int i = first; i < argc; i++) {
        jb_buf_printf(&name, "%s%s", i > first ? " " : "", argv[i]);
    }
    status = name.failed ? 1 : print_parts(name.data, &common);
    jb_buf_finish(&name);
    return status;
}

const struct jb_command cmd_hardware = {
    .name = "hardware",
    .operands = "[NAME]",
    .summary = "what this machine, or a named part, is and draws",
    .options = options,
    .run = hardware_main,
};
