/* SPDX-License-Identifier: Apache-2.0 */
/* Looks names of users up where nobody has to wait for it. See user_names.h. */
#include "engine/user_names.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/thread.h"

#define LAST_WAIT_NS JB_NS_PER_S
#define STACK_BYTES  ((size_t)512 << 10) /* what looks it up is code of others */

enum state { FREE, ASKED, LOOKING, KNOWN, NOBODY };

struct jb_user_names {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    jb_user_look_fn look;
    void *context;
    bool running, abandoned;
    uint64_t asked; /* grows with each question */
    struct slot {
        enum state state;
        uid_t uid;
        uint64_t asked;
        char name[JB_USER_NAME];
    } slots[JB_USER_NAMES];
};

static bool look_up(void *context, uid_t uid, char name[JB_USER_NAME])
{
    char strings[4096];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(uid, &entry, strings, sizeof(strings), &found) != 0 || found == NULL) {
        return false;
    }
    jb_copy(name, JB_USER_NAME, found->pw_name);
    return name[0] != '\0';
}

static void names_free(struct jb_user_names *names)
{
    pthread_cond_destroy(&names->changed);
    pthread_mutex_destroy(&names->lock);
    free(names);
}

static struct slot *next_asked(struct jb_user_names *names)
{
    for (size_t i = 0; i < JB_USER_NAMES; i++) {
        if (names->slots[i].state == ASKED) {
            return &names->slots[i];
        }
    }
    return NULL;
}

static void *run(void *context)
{
    struct jb_user_names *names = context;
    struct slot *slot;

    pthread_mutex_lock(&names->lock);
    while ((slot = next_asked(names)) != NULL) {
        char name[JB_USER_NAME] = "";
        uid_t uid = slot->uid;
        slot->state = LOOKING;
        pthread_mutex_unlock(&names->lock);
        bool known = names->look(names->context, uid, name);
        jb_sanitise(name);
        pthread_mutex_lock(&names->lock);
        slot->state = known ? KNOWN : NOBODY;
        memcpy(slot->name, name, sizeof(name));
    }
    names->running = false;
    bool abandoned = names->abandoned;
    pthread_cond_broadcast(&names->changed);
    pthread_mutex_unlock(&names->lock);
    if (abandoned) {
        names_free(names);
    }
    return NULL;
}

/* With the lock. Without a thread it stays asked for, and is tried again at the next question. */
static void start(struct jb_user_names *names)
{
    pthread_t thread;

    names->running = jb_thread_start(&thread, "jb-names", STACK_BYTES, run, names) == 0;
    if (names->running) {
        pthread_detach(thread);
    }
}

int jb_user_names_create(jb_user_look_fn look, void *context, struct jb_user_names **ret)
{
    struct jb_user_names *names = calloc(1, sizeof(*names));

    if (names == NULL) {
        return -ENOMEM;
    }
    names->look = look != NULL ? look : look_up;
    names->context = context;
    jb_cond_init(&names->changed);
    pthread_mutex_init(&names->lock, NULL);
    *ret = names;
    return 0;
}

bool jb_user_names_destroy(struct jb_user_names *names)
{
    uint64_t end_ns = jb_mono_ns() + LAST_WAIT_NS;

    if (names == NULL) {
        return false;
    }
    pthread_mutex_lock(&names->lock);
    for (size_t i = 0; i < JB_USER_NAMES; i++) { /* what was not begun is not looked up any more */
        names->slots[i].state = names->slots[i].state == ASKED ? FREE : names->slots[i].state;
    }
    while (names->running && jb_cond_until(&names->changed, &names->lock, end_ns)) {
    }
    bool left_behind = names->running;
    names->abandoned = left_behind;
    pthread_mutex_unlock(&names->lock);
    if (!left_behind) {
        names_free(names);
    }
    return left_behind;
}

/* Its own, else one that is free, else the one that nobody asked for for longest. None: all are being looked up. */
static struct slot *slot_of(struct jb_user_names *names, uid_t uid)
{
    struct slot *best = NULL;

    for (size_t i = 0; i < JB_USER_NAMES; i++) {
        struct slot *slot = &names->slots[i];
        if (slot->state != FREE && slot->uid == uid) {
            return slot;
        }
        bool may = slot->state != ASKED && slot->state != LOOKING;
        if (may && (best == NULL || slot->asked < best->asked)) {
            best = slot;
        }
    }
    if (best != NULL) {
        *best = (struct slot){.state = ASKED, .uid = uid};
    }
    return best;
}

bool jb_user_names_get(struct jb_user_names *names, uid_t uid, char ret[JB_USER_NAME])
{
    pthread_mutex_lock(&names->lock);
    struct slot *slot = slot_of(names, uid);
    bool known = slot != NULL && slot->state == KNOWN;
    if (slot != NULL) {
        slot->asked = ++names->asked;
    }
    if (known) {
        memcpy(ret, slot->name, JB_USER_NAME);
    } else {
        jb_snprintf(ret, JB_USER_NAME, "%u", (unsigned)uid);
    }
    if (slot != NULL && slot->state == ASKED && !names->running) {
        start(names);
    }
    pthread_mutex_unlock(&names->lock);
    return known;
}
