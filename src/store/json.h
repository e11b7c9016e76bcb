/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - the lists of a record as JSON texts, as the table run_text keeps them.
 *
 * Writing gives malloc'd text, or NULL in *ret for an empty list; reading takes NULL as one. A string that is not UTF-8
 * (an argument may be any bytes) is made printable first: JSON cannot hold it. Reading is for hostile text: -EBADMSG,
 * and then nothing was read.
 */
#ifndef JB_STORE_JSON_H
#define JB_STORE_JSON_H

#include <jansson.h>

#include "store/record.h"

int jb_json_from_strings(char *const *strings, size_t count, char **ret);
int jb_json_from_tags(const struct jb_tag *tags, size_t count, char **ret);
int jb_json_from_wall(const struct jb_record *record, char **ret);   /* wall_json.c: the members total and wall */
int jb_json_from_carbon(const struct jb_record *record, char **ret); /* carbon_json.c: steps, credits, marginal, cost */
int jb_json_from_work(const struct jb_record_work *work, char **ret); /* work_json.c; NULL where nothing is known */
int jb_json_from_segments(const struct jb_record_segment *segments, size_t count, char **ret);

int jb_json_to_strings(const char *text, char ***ret, size_t *ret_count);
int jb_json_to_tags(const char *text, struct jb_record *record); /* by jb_record_tag() */
int jb_json_to_wall(const char *text, struct jb_record *record);
int jb_json_to_carbon(const char *text, struct jb_record *record); /* into a record that has none of it */
int jb_json_to_work(const char *text, struct jb_record_work *ret); /* `ret` is as it was on failure */
int jb_json_to_segments(const char *text, struct jb_record_segment **ret, size_t *ret_count);

/* What those texts are made of. */
json_t *jb_json_from_text(const char *text); /* NULL without memory */
json_t *jb_json_real(double value);          /* null when it is not finite */
json_t *jb_json_strings(char *const *strings, size_t count);
int jb_json_read_strings(const json_t *array, char ***ret, size_t *ret_count); /* NULL: an empty one */
void jb_json_free_strings(char **strings, size_t count);
double jb_json_read_real(const json_t *object, const char *key);                          /* NAN: there is none */
void jb_json_read_text(const json_t *object, const char *key, char *buffer, size_t size); /* cut where it is long */

#endif
