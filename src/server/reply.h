/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.h - what a document answers, before it is HTTP.
 */
#ifndef JB_SERVER_REPLY_H
#define JB_SERVER_REPLY_H

#include <stdbool.h>
#include <stddef.h>

struct jb_buf;

#define JB_TYPE_JSON "application/json; charset=utf-8"
#define JB_TYPE_TEXT "text/plain; charset=utf-8"

struct jb_reply {
    unsigned status;    /* of HTTP */
    char *body;         /* malloc'd, now the reply's; NULL: empty, or `fd` */
    size_t length;      /* of the body or of what `fd` holds */
    const char *type;   /* of the content; a literal */
    char filename[128]; /* not empty: a download of that name; characters that a header may not hold become '_' */
    int fd;             /* a regular file that is sent from its beginning, and closed; -1: none */
    unsigned retry_s;   /* Retry-After; 0: none */
    bool vary_accept;   /* the answer depends on the header Accept */
};

void jb_reply_init(struct jb_reply *reply);   /* 200, JSON, empty */
void jb_reply_finish(struct jb_reply *reply); /* frees and closes; may be called twice */

/* Take the text of `body`, which is left empty; where memory ran out in it the reply becomes a 500. */
void jb_reply_take(struct jb_reply *reply, struct jb_buf *body);
/* Make it {"error": text, "fix": fix} with this status, whatever it was before; fix NULL or empty: null. */
void jb_reply_error(struct jb_reply *reply, unsigned status, const char *text, const char *fix);

#endif
