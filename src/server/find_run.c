/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which run is meant: of the database or, while it is attached and not in there, of the board.
 *
 * An id says which run it is whoever asks, and 403 is the answer about somebody else's. A name does not: to whoever may
 * not see its run it is a name that nobody gave, and "last" is his own last one.
 */
#include "server/doc_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

#define MIN_PREFIX 4 /* as of store/find.c */

void jb_found_run_finish(struct jb_found_run *found)
{
    jb_record_finish(&found->record);
    free(found->board);
    *found = (struct jb_found_run){0};
}

/* Is `run` the beginning of this id? ULIDs have no case. */
static bool begins(const char *id, const char *run)
{
    size_t length = strlen(run);

    return length >= MIN_PREFIX && length < JB_RUN_ID_TEXT && strncasecmp(id, run, length) == 0;
}

/* How well a run is meant: by its id, by its name or "last", by the beginning of its id; 0: it is not. */
static int meant(const struct jb_board_run *run, const char *word)
{
    bool whole = strcasecmp(run->id, word) == 0;

    return whole ? 3 : strcmp(word, "last") == 0 || strcmp(run->name, word) == 0 ? 2 : begins(run->id, word) ? 1 : 0;
}

/* The attached run that is meant most; of equals the newest. */
static int on_board(struct jb_documents *documents, const struct jb_viewer *viewer, const char *word,
                    struct jb_found_run *ret)
{
    struct jb_board *board = documents->config->board;
    struct jb_board_run *copy = malloc(sizeof(*copy));
    int best = 0;

    if (copy == NULL) {
        return -ENOMEM;
    }
    const struct jb_board_view *view = jb_board_look(board);
    for (size_t i = 0; i < view->run_count; i++) {
        const struct jb_board_run *run = &view->runs[i];
        int how = meant(run, word);
        if (how == 2 && !jb_visible(viewer, run->uid)) {
            how = begins(run->id, word) ? 1 : 0;
        }
        if (how > best || (how == best && how > 0 && run->started_ns > copy->started_ns)) {
            *copy = *run;
            best = how;
        }
    }
    ret->grid = view->grid;
    ret->pue = view->pue;
    memcpy(ret->host, view->host, sizeof(ret->host));
    memcpy(ret->machine_id, view->machine_id, sizeof(ret->machine_id));
    jb_board_release(board);
    if (best == 0) {
        free(copy);
        return 0;
    }
    ret->board = copy;
    return best;
}

struct own {
    const char *name; /* NULL: any */
    char id[JB_RUN_ID_TEXT];
};

static int is_named(void *context, const struct jb_record *record)
{
    struct own *own = context;

    if (own->name != NULL && !jb_streq(record->name, own->name)) {
        return 0;
    }
    memcpy(own->id, record->id, sizeof(own->id));
    return 1;
}

static int no_such_run(const char *word, struct jb_diag *diag)
{
    jb_fail(diag, -ENOENT, "there is no run \"%.60s\"", word);
    jb_fix(diag, "joulebook list");
    return -ENOENT;
}

/* The newest of the viewer's own runs with that name; of "last" simply the newest. */
static int find_own(struct jb_store *store, const struct jb_viewer *viewer, const char *word, char *ret_id,
                    struct jb_diag *diag)
{
    struct own own = {.name = strcmp(word, "last") == 0 ? NULL : word};
    struct jb_run_filter filter = {.text = own.name};

    jb_visible_filter(viewer, &filter);
    int found = jb_store_list(store, &filter, is_named, &own, diag);
    if (found == 1) {
        memcpy(ret_id, own.id, sizeof(own.id));
        return 0;
    }
    return found < 0 ? found : no_such_run(word, diag);
}

/* -EPERM: it is meant by its id, and is somebody else's. */
static int in_store(struct jb_store *store, const struct jb_viewer *viewer, const char *word, struct jb_record *record,
                    struct jb_diag *diag)
{
    char id[JB_RUN_ID_TEXT];
    bool last = strcmp(word, "last") == 0;
    int error = last && !viewer->all ? find_own(store, viewer, word, id, diag) : jb_store_find(store, word, id, diag);

    if (error == -ENOENT) {
        return no_such_run(word, diag); /* what the store says names its file */
    }
    if (error == 0) {
        error = jb_store_load(store, id, record, diag);
    }
    if (error < 0 || jb_visible(viewer, record->owner)) {
        return error;
    }
    bool by_id = begins(record->id, word);
    jb_record_finish(record);
    if (by_id) {
        return jb_fail(diag, -EPERM, "this run is another user's");
    }
    error = find_own(store, viewer, word, id, diag);
    return error < 0 ? error : jb_store_load(store, id, record, diag);
}

/* Both know one: by an id it is the same or the database's; by a name or "last" the newer one. */
static bool board_goes_first(const struct jb_found_run *found, int how)
{
    return how == 2 && strcmp(found->board->id, found->record.id) != 0 &&
           found->board->started_ns > found->record.started_ns;
}

bool jb_find_run(struct jb_documents *documents, const struct jb_viewer *viewer, const char *run,
                 struct jb_found_run *ret, struct jb_reply *reply)
{
    struct jb_found_run found = {0};
    struct jb_diag diag = {0};
    int how = on_board(documents, viewer, run, &found);
    int error = how < 0 ? how : jb_documents_store(documents, &found.store, &diag);

    if (error == 0) {
        error = in_store(found.store, viewer, run, &found.record, &diag);
        found.stored = error == 0;
    } else if (error == -ENOENT) {
        no_such_run(run, &diag);
    }
    bool only_board = error == -ENOENT || (error == -EPERM && how == 2); /* a name goes before the beginning of an id */
    if (found.board != NULL && (only_board || (found.stored && board_goes_first(&found, how)))) {
        jb_record_finish(&found.record);
        found.stored = false;
        error = 0;
    }
    if (error == 0 && !found.stored && !jb_visible(viewer, found.board->uid)) {
        error = jb_fail(&diag, -EPERM, "this run is another user's");
    }
    if (error < 0) {
        jb_document_fail(reply, error, &diag);
        jb_found_run_finish(&found);
        return false;
    }
    *ret = found;
    return true;
}
