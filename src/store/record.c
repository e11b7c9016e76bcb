/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record can do by itself: be freed, take a warning or a tag, and add its channels up.
 *
 * The sums are here and nowhere else, so that the report, the exports and the database cannot disagree. Errors of
 * channels of one source are of one kind (the same counter, the same model), so they add linearly; those of different
 * sources are independent and add in quadrature. An error that is not known makes the total's unknown.
 */
#include "store/record.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static const char *const status_names[] = {
    [JB_RUN_RUNNING] = "running", [JB_RUN_FINISHED] = "finished",       [JB_RUN_FAILED] = "failed",
    [JB_RUN_KILLED] = "killed",   [JB_RUN_INTERRUPTED] = "interrupted", [JB_RUN_LOST] = "lost",
};

const char *jb_run_status_name(enum jb_run_status status)
{
    return (size_t)status < JB_COUNT(status_names) ? status_names[status] : "unknown";
}

static void free_strings(char **strings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(strings[i]);
    }
    free(strings);
}

void jb_record_finish(struct jb_record *record)
{
    if (record == NULL) {
        return;
    }
    free(record->name);
    free(record->project);
    for (size_t i = 0; i < record->tag_count; i++) {
        free(record->tags[i].key);
        free(record->tags[i].value);
    }
    free(record->tags);
    free_strings(record->command, record->command_count);
    free(record->channels);
    free(record->segments);
    free(record->hardware_json);
    free_strings(record->steps, record->step_count);
    free_strings(record->credits, record->credit_count);
    free(record->prices);
    jb_record_work_finish(&record->work);
    free_strings(record->warnings, record->warning_count);
    *record = (struct jb_record){0};
}

int jb_record_warn(struct jb_record *record, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = jb_vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text != NULL) {
        jb_vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    if (text == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < record->warning_count; i++) {
        if (jb_streq(record->warnings[i], text)) {
            free(text);
            return 0;
        }
    }
    char **grown = realloc(record->warnings, (record->warning_count + 1) * sizeof(*grown));
    if (grown == NULL) {
        free(text);
        return -ENOMEM;
    }
    record->warnings = grown;
    record->warnings[record->warning_count++] = text;
    return 0;
}

int jb_record_tag(struct jb_record *record, const char *key, const char *value)
{
    if (key == NULL || *key == '\0' || value == NULL) {
        return -EINVAL;
    }
    char *value_copy = strdup(value);
    if (value_copy == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < record->tag_count; i++) {
        if (jb_streq(record->tags[i].key, key)) {
            free(record->tags[i].value);
            record->tags[i].value = value_copy;
            return 0;
        }
    }
    char *key_copy = strdup(key);
    struct jb_tag *grown = key_copy == NULL ? NULL : realloc(record->tags, (record->tag_count + 1) * sizeof(*grown));
    if (grown == NULL) {
        free(key_copy);
        free(value_copy);
        return -ENOMEM;
    }
    record->tags = grown;
    record->tags[record->tag_count++] = (struct jb_tag){.key = key_copy, .value = value_copy};
    return 0;
}

/* The sensor's error in proportion, and the whole error of the split: moving energy between run and idle is what makes
 * the run uncertain, and the footprint has a part of both. */
static double footprint_sigma(const struct jb_record_channel *channel)
{
    if (channel->energy_uj == 0) {
        return channel->uncertainty_uj;
    }
    double relative = channel->uncertainty_uj / (double)channel->energy_uj;
    double of_run = relative * (double)channel->run_uj;
    double split_squared = channel->run_uncertainty_uj * channel->run_uncertainty_uj - of_run * of_run;
    double split = split_squared > 0 ? sqrt(split_squared) : isnan(split_squared) ? NAN : 0;
    return hypot(relative * (double)channel->footprint_uj, split);
}

static double sigma_of(const struct jb_record_channel *channel, int which)
{
    switch (which) {
    case 0:
        return channel->uncertainty_uj;
    case 1:
        return channel->run_uncertainty_uj;
    default:
        return footprint_sigma(channel);
    }
}

static double total_sigma(const struct jb_record *record, int which)
{
    double squares = 0;
    bool any = false;
    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *first = &record->channels[i];
        bool seen = !first->in_total;
        for (size_t j = 0; j < i && !seen; j++) {
            seen = record->channels[j].in_total && jb_streq(record->channels[j].source, first->source);
        }
        if (seen) {
            continue;
        }
        double of_source = 0;
        for (size_t j = i; j < record->channel_count; j++) {
            if (record->channels[j].in_total && jb_streq(record->channels[j].source, first->source)) {
                of_source += sigma_of(&record->channels[j], which);
            }
        }
        squares += of_source * of_source;
        any = true;
    }
    return any ? sqrt(squares) : NAN;
}

static double total_coverage(const struct jb_record *record)
{
    double weighted = 0, weights = 0, plain = 0, count = 0;
    if (!(record->duration_s > 0)) {
        return NAN;
    }
    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *channel = &record->channels[i];
        if (channel->in_total) {
            double covered = fmin(1, (double)channel->covered_ns / 1e9 / record->duration_s);
            weighted += covered * (double)channel->energy_uj;
            weights += (double)channel->energy_uj;
            plain += covered;
            count++;
        }
    }
    return weights > 0 ? weighted / weights : count > 0 ? plain / count : NAN;
}

void jb_record_sum(struct jb_record *record)
{
    record->machine_uj = record->run_uj = record->idle_uj = record->others_uj = record->unattributed_uj = 0;
    record->footprint_uj = record->measured_uj = record->modelled_uj = 0;
    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *channel = &record->channels[i];
        if (!channel->in_total) {
            continue;
        }
        record->machine_uj += channel->energy_uj;
        record->run_uj += channel->run_uj;
        record->idle_uj += channel->idle_uj;
        record->others_uj += channel->others_uj;
        record->unattributed_uj += channel->unattributed_uj;
        record->footprint_uj += channel->footprint_uj;
        if (jb_streq(channel->method, "modelled")) {
            record->modelled_uj += channel->energy_uj;
        } else {
            record->measured_uj += channel->energy_uj;
        }
    }
    record->uncertainty_uj = total_sigma(record, 0);
    record->run_uncertainty_uj = total_sigma(record, 1);
    record->footprint_uncertainty_uj = total_sigma(record, 2);
    record->coverage = total_coverage(record);
}

uint64_t jb_record_basis_uj(const struct jb_record *record)
{
    if (jb_streq(record->basis, "machine")) {
        return record->machine_uj;
    }
    return jb_streq(record->basis, "run") ? record->run_uj : record->footprint_uj;
}
