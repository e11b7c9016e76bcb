/* SPDX-License-Identifier: Apache-2.0 */
/* The machine in JSON: interface.md's "hardware", and what the power model rests on. Names are sanitised: they come
 * from outside. */
#include "engine/describe.h"

#include "base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void set_text(json_t *object, const char *key, const char *text)
{
    char copy[192];

    jb_copy(copy, sizeof(copy), text);
    jb_sanitise(copy);
    json_object_set_new(object, key, copy[0] != '\0' ? json_string(copy) : json_null());
}

static void set_known(json_t *object, const char *key, double value)
{
    json_object_set_new(object, key, value > 0 ? json_real(value) : json_null());
}

static bool add_name(json_t *list, const char *name)
{
    char copy[128];

    jb_copy(copy, sizeof(copy), name);
    jb_sanitise(copy);
    return json_array_append_new(list, json_string(copy)) == 0;
}

static json_t *accelerators(const struct jb_machine *machine, const struct jb_overlap_node *nodes, size_t count)
{
    json_t *list = json_array();
    int last_source = -1, last_unit = -1;

    for (size_t i = 0; i < count; i++) {
        const struct jb_channel *channel = nodes[i].channel;
        int source = nodes[i].source;
        bool same = source == last_source && channel->unit == last_unit;
        if (channel->domain == JB_DOMAIN_GPU && channel->method != JB_METHOD_MODELLED && !same &&
            add_name(list, channel->name)) {
            last_source = source;
            last_unit = channel->unit;
        }
    }
    for (unsigned i = 0; json_array_size(list) == 0 && i < machine->gpu_count; i++) {
        add_name(list, machine->gpus[i].name);
    }
    return list;
}

char *jb_describe_machine(const struct jb_machine *machine, const struct jb_overlap_node *nodes, size_t count)
{
    const struct jb_cpu *cpu = &machine->cpu;
    json_t *object = json_object();

    set_text(object, "cpu", cpu->name);
    json_object_set_new(object, "sockets", json_integer(cpu->sockets));
    json_object_set_new(object, "cores", json_integer(cpu->cores));
    json_object_set_new(object, "threads", json_integer(cpu->threads));
    json_object_set_new(object, "virtual", json_boolean(machine->virtual_machine));
    json_object_set_new(object, "container", json_boolean(machine->container));
    json_object_set_new(object, "ram_bytes",
                        machine->ram_bytes > 0 ? json_integer((json_int_t)machine->ram_bytes) : json_null());
    json_object_set_new(object, "gpus", accelerators(machine, nodes, count));
    set_text(object, "board", machine->board);
    set_known(object, "cpu_tdp_w", cpu->tdp_w);
    set_text(object, "cpu_tdp_source", cpu->source);
    set_text(object, "hypervisor", machine->hypervisor);
    set_known(object, "cpu_limit", machine->cpu_limit);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}
