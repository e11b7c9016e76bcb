/* SPDX-License-Identifier: Apache-2.0 */
/* documents_impl.h - what the documents share. Private to doc_*.c. */
#ifndef JB_SERVER_DOCUMENTS_IMPL_H
#define JB_SERVER_DOCUMENTS_IMPL_H

#include <sys/types.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/json_out.h"
#include "server/documents.h"
#include "server/visible.h"
#include "store/store.h"

/* How long a document may keep everybody waiting for the database. */
#define JB_DOCUMENT_NS (JB_NS_PER_S)
#define JB_EXPORT_NS   (3 * JB_NS_PER_S)
/* Slices of all channels together: 40 bytes each while they are added up. */
#define JB_DOCUMENT_SLICES 50000

#define JB_DOCUMENT_USERS 64

struct jb_documents {
    const struct jb_server_config *config;
    char *path;             /* of the database; NULL: none is kept */
    struct jb_store *store; /* NULL: not open */
    dev_t dev;              /* of the file that is open */
    ino_t ino;
    int error; /* of the last try to open it, and when that was; what it said */
    uint64_t tried_ns;
    struct jb_diag diag;
    struct {
        int64_t uid;
        char name[33];
    } users[JB_DOCUMENT_USERS];
    size_t user_count;
};

/* The database as it is now, with JB_DOCUMENT_NS to answer. -ENOENT: nothing is kept (yet). */
int jb_documents_store(struct jb_documents *documents, struct jb_store **ret, struct jb_diag *diag);
/* The name of a user; NULL: not known. Valid until the next call. */
const char *jb_documents_user(struct jb_documents *documents, int64_t uid);

/* The JSON object of an answer: begins with "schema", ends with the reply. */
void jb_document_begin(struct jb_json *json, struct jb_buf *body);
void jb_document_end(struct jb_json *json, struct jb_reply *reply);
/* JSON that somebody else made, malloc'd: the reply's from now on. */
void jb_document_tell(struct jb_reply *reply, char *text);
/* What an errno of the store is to somebody who asked over HTTP. */
void jb_document_fail(struct jb_reply *reply, int error, const struct jb_diag *diag);

/* Parameters, strictly: false when the reply has become a 400 that says which one and why. */
bool jb_param_names(const struct jb_query *query, const char *const *names, struct jb_reply *reply);
bool jb_param_integer(const struct jb_query *query, const char *key, int64_t min, int64_t max, int64_t *value,
                      struct jb_reply *reply); /* not given: `value` stays */
bool jb_param_number(const struct jb_query *query, const char *key, double min, double max, double *value,
                     struct jb_reply *reply); /* likewise */
bool jb_param_text(const struct jb_query *query, const char *key, size_t max, const char **ret,
                   struct jb_reply *reply); /* likewise; at most `max` bytes */
bool jb_param_has(const struct jb_query *query, const char *key, const char *value);

/* A number with at most three decimals, without a locale or an allocation; NAN: null. For what is drawn. */
void jb_brief(struct jb_buf *out, double value);
/* The elements of an array of those; NAN: null. */
void jb_brief_array(struct jb_json *json, const char *key, const double *values, size_t count);

#endif
