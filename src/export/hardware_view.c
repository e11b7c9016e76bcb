/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the "hardware" object of interface.md's run record.
 *
 * Odd: an element of `gpus` may be a name or an object with a "name": both have been sensible ways of writing a list of
 * boards, and a report must not lose its GPUs over it.
 */
#include "export/hardware_view.h"

#include <string.h>

static const char *text_of(const json_t *root, const char *key)
{
    const char *text = json_string_value(json_object_get(root, key));
    return text && *text ? text : NULL;
}

static int64_t integer_of(const json_t *root, const char *key)
{
    const json_t *value = json_object_get(root, key);
    return json_is_integer(value) && json_integer_value(value) > 0 ? json_integer_value(value) : -1;
}

void jb_hardware_view_init(struct jb_hardware_view *view, const struct jb_record *record)
{
    json_error_t error;
    json_t *root = record->hardware_json ? json_loads(record->hardware_json, 0, &error) : NULL;
    if (root && !json_is_object(root)) {
        json_decref(root);
        root = NULL;
    }
    const json_t *virtual = json_object_get(root, "virtual");
    *view = (struct jb_hardware_view){
        .root = root,
        .cpu = text_of(root, "cpu"),
        .board = text_of(root, "board"),
        .os = text_of(root, "os"),
        .sockets = integer_of(root, "sockets"),
        .cores = integer_of(root, "cores"),
        .threads = integer_of(root, "threads"),
        .ram_bytes = integer_of(root, "ram_bytes"),
        .virtual_machine = json_is_boolean(virtual) ? json_is_true(virtual) : -1,
        .gpu_count = json_array_size(json_object_get(root, "gpus")),
    };
}

void jb_hardware_view_finish(struct jb_hardware_view *view)
{
    json_decref(view->root);
    memset(view, 0, sizeof(*view));
}

/* Name of GPU `index` as the hardware object has it. */
static const char *listed(const void *context, size_t index)
{
    const struct jb_hardware_view *view = context;
    const json_t *gpu = json_array_get(json_object_get(view->root, "gpus"), index);
    const char *name = json_is_object(gpu) ? text_of(gpu, "name") : json_string_value(gpu);
    return name && *name ? name : "GPU";
}

/* Name of channel `index` when it is a GPU that counts in the total, else NULL. */
static const char *metered(const void *context, size_t index)
{
    const struct jb_record_channel *channel = &((const struct jb_record *)context)->channels[index];
    return channel->in_total && jb_streq(channel->device, "gpu") ? channel->name : NULL;
}

/* Write each distinct name once, with how often it occurs. Quadratic in the number of boards, which is bounded here
 * because the list comes from a file. */
static size_t group(const char *(*name_of)(const void *, size_t), const void *context, size_t count, struct jb_buf *out)
{
    size_t total = 0;
    count = count > 256 ? 256 : count;
    for (size_t i = 0; i < count; i++) {
        const char *name = name_of(context, i);
        size_t before = 0, same = 0;
        for (size_t k = 0; name && k < count; k++) {
            if (jb_streq(name, name_of(context, k))) {
                before += k < i;
                same++;
            }
        }
        total += name != NULL;
        if (same > 0 && before == 0) {
            jb_buf_printf(out, "%s%zu x %s", total > 1 ? " + " : "", same, name);
        }
    }
    return total;
}

size_t jb_hardware_view_gpus(const struct jb_hardware_view *view, const struct jb_record *record, struct jb_buf *out)
{
    if (view->gpu_count > 0) {
        return group(listed, view, view->gpu_count, out);
    }
    return group(metered, record, record->channel_count, out);
}
