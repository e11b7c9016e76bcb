/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the documents share: the database as it is now, the names of users, the frame of an answer.
 *
 * The file may appear, be replaced or go while we serve: each question looks at which file the path names, and opens
 * another one anew. One that could not be opened is left alone for a second, for opening may wait.
 */
#include "server/documents_impl.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

#define TRY_AGAIN_NS JB_NS_PER_S

int jb_documents_create(const struct jb_server_config *config, struct jb_documents **ret, struct jb_diag *diag)
{
    char path[4096];
    struct jb_documents *documents = calloc(1, sizeof(*documents));

    if (documents == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    documents->config = config;
    bool none = jb_streq(config->db_path, "none");
    if (config->db_path == NULL && jb_store_default_path(path, sizeof(path)) < 0) {
        none = true; /* no home folder: then nothing is kept either */
    }
    if (!none) {
        documents->path = strdup(config->db_path != NULL ? config->db_path : path);
        if (documents->path == NULL) {
            free(documents);
            return jb_fail(diag, -ENOMEM, "out of memory");
        }
    }
    *ret = documents;
    return 0;
}

void jb_documents_destroy(struct jb_documents *documents)
{
    if (documents != NULL) {
        jb_store_close(documents->store);
        free(documents->path);
        free(documents);
    }
}

static void forget(struct jb_documents *documents)
{
    jb_store_close(documents->store);
    documents->store = NULL;
}

static int open_anew(struct jb_documents *documents, const struct stat *st)
{
    uint64_t now_ns = jb_mono_ns();

    if (documents->error < 0 && now_ns - documents->tried_ns < TRY_AGAIN_NS) {
        return documents->error;
    }
    documents->tried_ns = now_ns;
    documents->error = jb_store_open(documents->path, JB_STORE_READ, &documents->store, &documents->diag);
    documents->dev = st->st_dev;
    documents->ino = st->st_ino;
    return documents->error;
}

int jb_documents_store(struct jb_documents *documents, struct jb_store **ret, struct jb_diag *diag)
{
    struct stat st;

    if (documents->path == NULL || stat(documents->path, &st) < 0) {
        forget(documents);
        documents->error = 0;
        jb_fail(diag, -ENOENT, "nothing has been recorded yet");
        jb_fix(diag, "joulebook run -- COMMAND");
        return -ENOENT;
    }
    if (documents->store != NULL && (st.st_dev != documents->dev || st.st_ino != documents->ino)) {
        forget(documents);
        documents->error = 0;
    }
    int error = documents->store != NULL ? 0 : open_anew(documents, &st);
    if (error < 0) {
        if (diag != NULL) {
            *diag = documents->diag;
        }
        return error;
    }
    jb_store_budget(documents->store, JB_DOCUMENT_NS);
    *ret = documents->store;
    return 0;
}

const char *jb_documents_user(struct jb_documents *documents, int64_t uid)
{
    struct passwd entry, *found = NULL;
    char strings[4096];

    if (documents == NULL || uid < 0 || uid >= UINT32_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < documents->user_count; i++) {
        if (documents->users[i].uid == uid) {
            return documents->users[i].name[0] != '\0' ? documents->users[i].name : NULL;
        }
    }
    if (documents->user_count == JB_DOCUMENT_USERS) { /* more than anybody has; and names may change */
        documents->user_count = 0;
    }
    size_t slot = documents->user_count++;
    documents->users[slot].uid = uid;
    documents->users[slot].name[0] = '\0';
    if (getpwuid_r((uid_t)uid, &entry, strings, sizeof(strings), &found) == 0 && found != NULL) {
        jb_copy(documents->users[slot].name, sizeof(documents->users[slot].name), entry.pw_name);
    }
    return documents->users[slot].name[0] != '\0' ? documents->users[slot].name : NULL;
}

void jb_document_begin(struct jb_json *json, struct jb_buf *body)
{
    *json = (struct jb_json){.out = body};
    jb_json_open(json, NULL, '{');
    jb_json_integer(json, "schema", 1);
}

void jb_document_end(struct jb_json *json, struct jb_reply *reply)
{
    jb_json_close(json, '}');
    jb_buf_puts(json->out, "\n");
    reply->type = JB_TYPE_JSON;
    jb_reply_take(reply, json->out);
}

void jb_document_tell(struct jb_reply *reply, char *text)
{
    reply->body = text;
    reply->length = strlen(text);
    reply->type = JB_TYPE_JSON;
}

void jb_document_fail(struct jb_reply *reply, int error, const struct jb_diag *diag)
{
    unsigned status = 500;

    switch (-error) {
    case ENOENT:
    case ENODATA:
        status = 404;
        break;
    case EINVAL:
    case ENOTUNIQ:
        status = 400;
        break;
    case EPERM: /* not the store's, which says EACCES */
        status = 403;
        break;
    case EACCES:
    case ETIMEDOUT:
    case EBUSY:
    case EFBIG:
        status = 503;
        break;
    default:
        break;
    }
    jb_reply_error(reply, status, diag->text[0] != '\0' ? diag->text : strerror(-error), diag->fix);
}
