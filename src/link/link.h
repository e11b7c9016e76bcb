/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h - the socket between the machine's one meter (`joulebook serve`) and those who attach to it.
 *
 * A Unix socket of type SOCK_SEQPACKET: one message a packet, at most JB_LINK_MAX bytes. Both ends are of one machine,
 * so that numbers are in its own byte order; what comes in is hostile input all the same and decoded with bounds.
 * The kernel says who the other end is (SO_PEERCRED); nothing in a message is believed about that.
 *
 *     attaching program                                  the meter
 *     HELLO    who, which process tree, what run  --->
 *                                                 <---   WELCOME   or REFUSE with the reason
 *                                                 <---   CHANNELS  all of them; again whenever one appears or changes
 *     START    the child is there, waiting        --->             reads, cuts everybody's second, begins the books
 *                                                 <---   TICK + CUT(started)
 *                                                 <---   TICK ...  about ten a second: energies since the meter began
 *                                                 <---   CUT       about one a second: the run's parts since START
 *     NEWS     epoch, phase, step                 --->             shown, never booked
 *     PLAN     epochs planned, projected total    --->             likewise
 *     STOP     the child has ended                --->             reads, cuts
 *                                                 <---   TICK + CUT(final)
 *     RECORD   + descriptor of the finished run   --->             kept, where the meter has a database of its own
 *                                                 <---   KEPT
 *
 *     WATCH    instead of HELLO                   --->
 *                                                 <---   LIVE      once a second: the text of GET /api/v1/live
 *
 * The meter hangs up on what is no message, on what does not belong where it is said, on who says nothing for 5 s after
 * he came, and on who says more than 100 messages a second (after 200). A user may connect 50 times a second (after
 * 100) and START 10 times a second (after 48): a START beyond that gets REFUSE with -EBUSY, and the program measures by
 * itself, as where there is no meter. Root is held to the first three alone. (engine/daemon.h has the numbers.)
 *
 * Energies are cumulative, so that a message which a slow reader misses costs resolution and no joule. The meter never
 * waits for a reader: what does not fit into the socket's buffer is not sent.
 *
 * jb_link_pack_*() write into a buffer of JB_LINK_MAX bytes and return the length, or -E2BIG. jb_link_unpack() gives
 * -EBADMSG for what is no message, -EPROTONOSUPPORT for a kind that this version does not know (to be skipped); *ret
 * means something only after 0, and is too large for a stack. Of a HELLO or WELCOME with another version, the version
 * is all that is unpacked: enough to refuse it with the reason. Nothing is said of what texts contain: sanitise what is
 * shown. Pure but for the functions at the end. Strings of an unpacked message are in its own arrays, always
 * terminated.
 */
#ifndef JB_LINK_LINK_H
#define JB_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct jb_diag;

#define JB_LINK_VERSION  1u
#define JB_LINK_MAX      ((size_t)128 << 10)
#define JB_LINK_CHANNELS 256
#define JB_LINK_NEVER    UINT64_MAX /* of a channel in a TICK: not booked yet */

enum jb_link_kind {
    JB_LINK_HELLO = 1,
    JB_LINK_WELCOME,
    JB_LINK_REFUSE,
    JB_LINK_CHANNEL_LIST,
    JB_LINK_START,
    JB_LINK_TICK,
    JB_LINK_CUT,
    JB_LINK_NEWS,
    JB_LINK_STOP,
    JB_LINK_RECORD,
    JB_LINK_KEPT,
    JB_LINK_WATCH,
    JB_LINK_LIVE,
    JB_LINK_PLAN,
};

/* HELLO. Texts that are too long are cut by pack, and refused by unpack. */
struct jb_link_hello {
    uint32_t version;
    char run[27];         /* the run's id */
    char parent[27];      /* of JOULEBOOK_RUN; empty */
    int32_t pid;          /* the process tree begins here; 0: at the sender itself, which does not count */
    uint64_t interval_ns; /* wanted between two TICKs; the meter may be slower, and says so in WELCOME */
    char root[512];       /* --root; empty: the real machine. Another one than the meter's is refused */
    char name[128], project[128];
    char command[1024]; /* words separated by a blank, for people; cut */
    char basis[16];
    double pue;
};

struct jb_link_welcome {
    uint32_t version;
    char zone[64]; /* that the meter was told its electricity comes from: for runs that were told none; empty: nor was
                      it */
    uint64_t interval_ns;    /* what the meter reads at by itself */
    uint64_t db_dev, db_ino; /* of the meter's database, to know whether it is the run's own; 0: it has none */
};

struct jb_link_refuse {
    int32_t error; /* negative errno */
    char text[256], fix[256];
};

/* A channel as the meter sees it: what a session needs of jb_channel, jb_overlap_node and jb_idle. Enumerations are
 * those of sensor/sensor.h by value; out of range is refused by unpack, as are parents in a ring, mirrors of mirrors,
 * and numbers that cannot be. */
struct jb_link_channel {
    char id[64], name[96], path[192], source[32], note[192], reason[192], fix[192];
    uint8_t method, domain, device, status;
    bool with_memory, rejected;
    int32_t unit, die, parent, mirror_of; /* parent: index in this list as the driver told it; -1 */
    int32_t group, preference;            /* the source's number in the meter; channels of one are neighbours */
    uint64_t unit_num, unit_den, wrap, horizon_ns; /* of the driver's own counter, for reading it in bursts */
    uint64_t refresh_ns, window_ns, max_power_uw, idle_uw, idle_sigma_uw;
    char idle_source[32];
    double rel_error;
};
struct jb_link_channel_list {
    uint32_t count;
    struct jb_link_channel channels[JB_LINK_CHANNELS];
};

/* Of each channel: up to when it is booked and how much since the meter began. */
struct jb_link_tick {
    uint64_t t_ns; /* CLOCK_MONOTONIC: the end of the tick */
    uint32_t count;
    struct {
        uint64_t t_ns, energy_uj; /* t_ns JB_LINK_NEVER: nothing is booked yet */
        uint8_t status;
        bool gap; /* time before the last entry is not covered */
    } channels[JB_LINK_CHANNELS];
};

/* Of each channel, of what was booked since START and up to the TICK before this message: four parts that sum to it. */
enum jb_link_cut_kind { JB_LINK_CUT_STARTED, JB_LINK_CUT_SECOND, JB_LINK_CUT_FINAL };
struct jb_link_cut {
    uint8_t kind;
    uint32_t count;
    struct {
        uint64_t run_uj, idle_uj, others_uj, unattributed_uj;
    } channels[JB_LINK_CHANNELS];
};

struct jb_link_news {
    char phase[16];      /* "forward"; empty */
    int64_t epoch, step; /* -1: not known */
};

/* Where the run means to go. It is projected where its epochs are known, and told as two figures: one meter shows many
 * runs, and keeps no list of anybody's epochs. */
#define JB_LINK_PLANNED 0x7fffffffu
struct jb_link_plan {
    uint32_t planned, begun;  /* epochs, at most JB_LINK_PLANNED; planned 0: not known any more */
    double run_uj, run_sd_uj; /* of the whole run; -1: not known */
    double duration_s, duration_sd_s;
};

struct jb_link_kept {
    int32_t error; /* 0, or a negative errno with its text */
    char text[256];
};

/* Messages without a body: START, STOP, RECORD (with a descriptor), WATCH. LIVE's body is JSON text. */
ssize_t jb_link_pack_empty(enum jb_link_kind kind, void *buffer);
ssize_t jb_link_pack_hello(const struct jb_link_hello *hello, void *buffer);
ssize_t jb_link_pack_welcome(const struct jb_link_welcome *welcome, void *buffer);
ssize_t jb_link_pack_refuse(const struct jb_link_refuse *refuse, void *buffer);
ssize_t jb_link_pack_channel_list(const struct jb_link_channel_list *list, void *buffer);
ssize_t jb_link_pack_tick(const struct jb_link_tick *tick, void *buffer);
ssize_t jb_link_pack_cut(const struct jb_link_cut *cut, void *buffer);
ssize_t jb_link_pack_news(const struct jb_link_news *news, void *buffer);
ssize_t jb_link_pack_plan(const struct jb_link_plan *plan, void *buffer);
ssize_t jb_link_pack_kept(const struct jb_link_kept *kept, void *buffer);
ssize_t jb_link_pack_live(const char *text, size_t length, void *buffer);

struct jb_link_message {
    enum jb_link_kind kind;
    union {
        struct jb_link_hello hello;
        struct jb_link_welcome welcome;
        struct jb_link_refuse refuse;
        struct jb_link_channel_list list;
        struct jb_link_tick tick;
        struct jb_link_cut cut;
        struct jb_link_news news;
        struct jb_link_plan plan;
        struct jb_link_kept kept;
        struct {
            const char *text; /* in the packet */
            size_t length;
        } live;
    };
};
int jb_link_unpack(const void *packet, size_t length, struct jb_link_message *ret);

/* ---- the socket ---- */

/* Where the meter listens, most specific first: JOULEBOOK_SOCKET alone where it is set ("none": nowhere), else
 * $XDG_RUNTIME_DIR/joulebook.sock, then /run/joulebook/joulebook.sock. -ENOENT past the last. */
int jb_link_place(size_t index, char *ret_path, size_t size);
/* Where `serve` listens unless told: the first place whose folder it may write; root: the last. */
int jb_link_own_place(char *ret_path, size_t size);

/* Connect and send nothing. -ENOENT: no socket; -ECONNREFUSED: nobody listens; -EAGAIN: too many are waiting to be
 * let in; -EPERM: whoever listens is neither we, nor root, nor the owner of /run/joulebook. Never waits, also
 * afterwards. */
int jb_link_connect(const char *path, int *ret_fd, struct jb_diag *diag);

/* Bind and listen; a socket on which nobody answers any more is replaced; -EADDRINUSE with the fix when somebody does;
 * -EEXIST: something else is there. `shared`: every user may connect (mode 0666), else only ours (0600). Folders that
 * are missing are made, and PATH.lock beside the socket stays. */
int jb_link_listen(const char *path, bool shared, int *ret_fd, struct jb_diag *diag);

struct jb_link_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};
int jb_link_accept(int listen_fd, int *ret_fd, struct jb_link_peer *ret_peer); /* non-blocking; -EAGAIN */

/* Send one packet with at most one descriptor (-1: none), never blocking: -EAGAIN when the reader is slow, -EPIPE when
 * it is gone. No SIGPIPE. */
int jb_link_send(int fd, const void *packet, size_t length, int descriptor);
/* Receive one packet into a buffer of JB_LINK_MAX bytes: its length, 0 at the end, -EAGAIN, -EMSGSIZE for one that is
 * longer. *ret_descriptor is the caller's to close, -1: none came, or several, which are closed at once. */
ssize_t jb_link_receive(int fd, void *buffer, int *ret_descriptor);

#endif
