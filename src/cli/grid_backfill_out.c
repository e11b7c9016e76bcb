/* SPDX-License-Identifier: Apache-2.0 */
/* grid_backfill_out.c - tell what became of the runs that were priced anew. Documented in grid_backfill.h. */
#include "base/cleanup.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/grid_backfill.h"

#include <math.h>
#include <string.h>

static json_t *to_json(const struct jb_record *record, const struct jb_reprice_result *result, const char *reason,
                       bool failed)
{
    json_t *object = json_object();

    json_object_set_new(object, "id", json_string(record->id));
    json_object_set_new(object, "name", grid_text(record->name));
    json_object_set_new(object, "changed", json_boolean(result->changed));
    json_object_set_new(object, "failed", json_boolean(failed));
    json_object_set_new(object, "old_g", grid_number(result->old_g));
    json_object_set_new(object, "new_g", grid_number(result->new_g));
    json_object_set_new(object, "live_before", grid_number(result->live_before));
    json_object_set_new(object, "live_after", grid_number(result->live_after));
    json_object_set_new(object, "reason", grid_text(reason));
    json_object_set_new(object, "steps", grid_steps_json(&result->steps));
    return object;
}

static const char *part_text(double part, char *buffer, size_t size)
{
    if (isnan(part)) {
        return "unknown";
    }
    jb_snprintf(buffer, size, "%.0f %%", part * 100);
    return buffer;
}

/* "01KAB3XYZQ  resnet  12.3 g -> 10.1 g CO2e, live 0 % -> 100 %: hourly values came in for 3 h" */
static void print_line(const struct backfill *backfill, const struct jb_record *record,
                       const struct jb_reprice_result *result, const char *reason, bool failed)
{
    char old[JB_UNIT_TEXT], new[JB_UNIT_TEXT], before[16], after[16], text[400];
    const struct cli_style *style = &backfill->style;

    jb_copy(text, sizeof(text), record->name != NULL ? record->name : "");
    jb_sanitise(text);
    printf("%s%.*s%s  %s%s", style->bold, BACKFILL_ID_SHOWN, record->id, style->off, text, text[0] != '\0' ? "  " : "");
    if (result->changed) {
        printf("%s -> %s%s%s CO2e, live %s -> %s", jb_format_mass(result->old_g, old, sizeof(old)), style->bold,
               jb_format_mass(result->new_g, new, sizeof(new)), style->off,
               part_text(result->live_before, before, sizeof(before)),
               part_text(result->live_after, after, sizeof(after)));
    } else {
        printf("%s CO2e as before, live %s", jb_format_mass(result->old_g, old, sizeof(old)),
               part_text(result->live_before, before, sizeof(before)));
    }
    jb_copy(text, sizeof(text), reason);
    jb_sanitise(text);
    printf("%s%s%s%s\n", text[0] != '\0' ? ": " : "", failed ? style->red : "", text, failed ? style->off : "");
    fflush(stdout);
}

/* Why the price is another, as it is kept with the former one. */
static void load_reason(struct backfill *backfill, const char *id, char *reason, size_t size)
{
    JB_CLEANUP(jb_record_finish) struct jb_record record = {0};
    struct jb_diag diag = {0};

    if (jb_store_load(backfill->store, id, &record, &diag) == 0 && record.price_count > 0) {
        jb_copy(reason, size, record.prices[record.price_count - 1].reason);
    }
}

/* All that went wrong, in one line. */
static void steps_text(const struct jb_steps *steps, char *buffer, size_t size)
{
    buffer[0] = '\0';
    for (size_t i = 0; i < steps->count; i++) {
        size_t used = strlen(buffer);
        jb_snprintf(buffer + used, size - used, "%s%s", i > 0 ? "; " : "", steps->text[i]);
    }
}

/* What became of one run. */
void backfill_tell(struct backfill *backfill, const struct jb_record *record, bool failed,
                   const struct jb_reprice_result *result, const char *otherwise)
{
    char reason[400];

    steps_text(&result->steps, reason, sizeof(reason));
    if (result->changed) {
        load_reason(backfill, record->id, reason, sizeof(reason));
    } else if (reason[0] == '\0') {
        jb_copy(reason, sizeof(reason), otherwise);
    }
    backfill->changed += result->changed;
    backfill->same += !result->changed && !failed;
    backfill->failed += failed;
    if (backfill->runs != NULL) {
        json_array_append_new(backfill->runs, to_json(record, result, reason, failed));
    } else if (failed || result->changed || !backfill->options->all) {
        print_line(backfill, record, result, reason, failed);
    }
}

int backfill_finish(struct backfill *backfill)
{
    int status = backfill->failed > 0 ? 1 : 0;

    if (backfill->runs != NULL) {
        json_t *object = json_object();
        json_object_set_new(object, "schema", json_integer(1));
        json_object_set(object, "runs", backfill->runs);
        json_object_set_new(object, "changed", json_integer((json_int_t)backfill->changed));
        json_object_set_new(object, "unchanged", json_integer((json_int_t)backfill->same));
        json_object_set_new(object, "unserved", json_integer((json_int_t)backfill->nobody));
        json_object_set_new(object, "failed", json_integer((json_int_t)backfill->failed));
        int written = grid_print(object);
        return written != 0 ? written : status;
    }
    if (backfill->options->all) {
        printf("%zu priced anew, %zu as good as can be, %zu where nobody serves the place, %zu failed\n",
               backfill->changed, backfill->same, backfill->nobody, backfill->failed);
    }
    return status;
}
