/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor.h - all that the author of a sensor driver must read.
 *
 * A driver turns one hardware interface into channels (described once) and readings (raw numbers with the
 * time they were taken). It does no arithmetic over time: wraps, resets, gaps, integration and overlaps are
 * the ledger's, so that they are right once, for all drivers.
 *
 * To add a driver: write `src/sensor/<name>.c` (or a folder) that defines `const struct jb_sensor_driver
 * jb_sensor_<name>`, add the word <name> to `drivers` in src/sensor/meson.build (its place there is its
 * preference), add a row to docs/sensors.md, and put a made-up or recorded machine under tests/machines/.
 * Copy rapl_powercap.c: it is the plainest.
 *
 * Rules for drivers
 *  - Everything that describes the machine is read through env->root (base/file.h). Nothing is asserted about
 *    what hardware or the kernel says: it may lie, be cut short, or vanish.
 *  - Drivers never see each other, start no threads, keep no globals, print nothing.
 *  - read() allocates nothing.
 *  - Absent is not zero: what could not be read is emitted with its status and no number is made up.
 */
#ifndef JB_SENSOR_SENSOR_H
#define JB_SENSOR_SENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_diag;
struct jb_machine;
struct jb_privileged;

#define JB_SENSOR_ABI   1
#define JB_MAX_CHANNELS 64 /* of one source */
/* From here on drivers number accelerators that are not in the machine's list, so that they are nobody's twins: a model
 * of the list is needed whether or not these are measured. */
#define JB_UNIT_UNLISTED 200

/* How the joules of a channel come to be. */
enum jb_method {
    JB_METHOD_COUNTER,    /* raw is a cumulative energy counter of the hardware */
    JB_METHOD_INTEGRATED, /* raw is power; the ledger integrates it over time */
    JB_METHOD_MODELLED,   /* raw is the cumulative energy of a power model: nothing was measured */
};

/* What part of the machine a channel covers. The overlap graph (ledger/overlap.h) knows which contains which. */
enum jb_domain {
    JB_DOMAIN_BOARD,   /* everything behind one supply on the board: Jetson VDD_IN */
    JB_DOMAIN_PSYS,    /* platform: contains packages and DRAM */
    JB_DOMAIN_PACKAGE, /* one CPU socket (or die): contains its cores and uncore, not its DRAM */
    JB_DOMAIN_CORE,
    JB_DOMAIN_UNCORE,
    JB_DOMAIN_DRAM,   /* the memory of one socket (unit >= 0) or of the machine (unit -1) */
    JB_DOMAIN_MODULE, /* accelerator module with its CPU (Grace Hopper): contains the GPU */
    JB_DOMAIN_GPU,    /* one accelerator board */
    JB_DOMAIN_RAIL,   /* another supply rail: a leaf unless `parent` says otherwise */
    JB_DOMAIN_NODE,   /* what the whole machine takes in: a plug, its power supplies (BMC), its battery. Unit -1 */
};

enum jb_device { JB_DEVICE_CPU, JB_DEVICE_RAM, JB_DEVICE_GPU, JB_DEVICE_BOARD };

enum jb_status {
    JB_OK,
    JB_UNSUPPORTED, /* this hardware or driver version does not have it: final */
    JB_DENIED,      /* permission: final, mended from outside */
    JB_FAILED,      /* this reading failed; the next may not */
    JB_GONE,        /* the device is gone (unplugged, "GPU is lost"): final, unless that very device comes back */
    JB_TIMEOUT,     /* set by the meter: the lane does not answer */
};
const char *jb_status_name(enum jb_status status); /* "ok", "unsupported", "denied", ... */
const char *jb_method_name(enum jb_method method); /* "counter", "integrated", "modelled" */
const char *jb_device_name(enum jb_device device); /* "cpu", "ram", "gpu", "board" */

/* One cumulative energy counter or power gauge; filled once, by open(). Zero means "not known" everywhere. */
struct jb_channel {
    char id[64];    /* stable over runs: "cpu/0/package", "gpu/GPU-1a2b/board"; unique in its source */
    char name[96];  /* for people: "AMD EPYC 9965", "NVIDIA H100" */
    char path[192]; /* where it is read: a file, a call; shown by the doctor */
    enum jb_method method;
    enum jb_domain domain;
    enum jb_device device;
    int unit;   /* socket or device number; -1: the whole machine */
    int die;    /* die within the socket where the source counts dies; -1: the socket as one */
    int parent; /* index, in this source, of the channel that contains this one; -1: none known */

    /* raw * unit_num / unit_den = microjoules (counter, modelled) or microwatts (integrated), exactly. */
    uint64_t unit_num, unit_den;
    uint64_t wrap;         /* number of distinct raw values, e.g. 2^32; 0: does not wrap */
    bool with_memory;      /* of a package or module: its memory is in it (Grace), which is outside elsewhere */
    bool zero_at_reset;    /* a counter that restarts, restarts from 0 */
    bool zero_at_open;     /* counts from when it was opened: its absolute value cannot be compared with another's */
    uint64_t max_power_uw; /* more than this is not believed: 2 x TDP, 1.5 x power limit */
    uint64_t horizon_ns;   /* readings further apart than this may hide a wrap; 0: any distance is safe */
    uint64_t refresh_ns;   /* how often the hardware really updates it, as documented */
    uint64_t window_ns;    /* a power reading is the mean over this long, ending at the reading; 0: at once */
    uint64_t idle_uw;      /* what the model says this part draws at idle, for where no baseline is known */
    double rel_error;      /* one sigma of the energy, relative, systematic (does not average out) */
    enum jb_status status; /* JB_OK, or why open() could not use this channel: kept for the doctor */
    char reason[192];      /* with a status other than JB_OK: what was tried and what it said */
    char fix[192];         /* and the command that mends it, where there is one */
    char note[192];        /* shown with the channel: "virtual machine: charged for 2 of 128 threads" */
};

struct jb_reading {
    int channel; /* index in the source; the meter makes it an index over all sources */
    enum jb_status status;
    uint64_t t_before_ns; /* CLOCK_MONOTONIC before and after the hardware was asked; a sample that the */
    uint64_t t_after_ns;  /* hardware stamped itself has its own time in both */
    uint64_t raw;         /* only with JB_OK */
};

/* Where read() puts its readings. Full: further readings are dropped and counted. */
struct jb_sink {
    struct jb_reading *readings;
    size_t count, capacity;
    uint64_t dropped;
};
void jb_emit(struct jb_sink *sink, int channel, uint64_t t_before_ns, uint64_t t_after_ns, uint64_t raw);
void jb_emit_failure(struct jb_sink *sink, int channel, uint64_t t_ns, enum jb_status status);

/* System calls that a test machine must be able to answer. The real one is perf_event_open. */
struct jb_perf_ops {
    /* A descriptor for close(2), or a negative errno. group_fd -1 makes a new group; else the counter joins the
     * group of that leader, and -EINVAL says that this cannot be: then it must be opened as a group of its own. */
    int (*open_counter)(const struct jb_perf_ops *ops, uint32_t type, uint64_t config, int cpu, int group_fd);
    /* Read the cumulative counts of a whole group into values[], leader first, then in the order in which they
     * joined; the count or a negative errno. */
    int (*read_group)(const struct jb_perf_ops *ops, int leader_fd, uint64_t *values, size_t max);
    const char *root;
    struct jb_privileged *privileged; /* asked when we are refused; NULL: nobody to ask */
};

/* What the user configured for sensors that must be told where they are. NULL: not configured. */
struct jb_sensor_settings {
    const char *redfish_url, *redfish_user, *redfish_password,
        *redfish_ca;          /* ca: file with the certificate of the BMC */
    bool redfish_insecure;    /* take any certificate */
    const char *plug_kind;    /* "shelly", "tasmota", "mcp39f511n", "gude" */
    const char *plug_address; /* "http://192.168.1.5", "/dev/ttyACM0" */
    const char *plug_user, *plug_password;
};

/* What every driver is given. Outlives the source: the meter makes a copy for every thread that may outlive it. */
struct jb_sensor_env {
    const char *root;                 /* NULL: the real machine */
    const struct jb_machine *machine; /* hardware/hardware.h: CPU, sockets, memory, limits */
    const struct jb_perf_ops *perf;
    const char *nvml_path;                     /* library to dlopen; NULL: libnvidia-ml.so.1 */
    const struct jb_sensor_settings *settings; /* NULL: nothing is configured */
    struct jb_privileged *privileged;          /* sensor/privileged.h; NULL: nobody to ask */
    const char *ring;                          /* where the run's ring is, for sensor/sim.c; NULL: there is none */
};
struct jb_sensor_env *jb_sensor_env_copy(const struct jb_sensor_env *env); /* deep; NULL without memory */
void jb_sensor_env_free(struct jb_sensor_env *env);                        /* a copy; NULL-safe */

/* One opened driver. Made by the meter; a driver fills the channels and keeps its state in priv. */
struct jb_source {
    const struct jb_sensor_driver *driver;
    const struct jb_sensor_env *env;
    const char *spec;            /* text after "name:" in --sensors, for test drivers; NULL */
    struct jb_channel *channels; /* room for JB_MAX_CHANNELS, zeroed */
    int channel_count;
    void *priv; /* priv_size bytes, zeroed, owned by the core */
};

/* The next free channel with unit -1, die -1, parent -1, unit_num = unit_den = 1; NULL when all are used. */
struct jb_channel *jb_source_add_channel(struct jb_source *source);

/* The channel that says best why none can be used: the first denied one, for that can be mended, else the first. NULL:
 * one can be used, or there are none. */
const struct jb_channel *jb_source_blame(const struct jb_source *source);
/* Its reason and fix as the source's: -EACCES when it is denied, else -ENODEV. `whose` stands in front of the reason,
 * where that does not tell by itself; NULL: nothing does. */
int jb_channel_fail(const struct jb_channel *why, const char *whose, struct jb_diag *diag);
/* What open() returns for the channels it described: 0 when one can be used, else -EACCES or -ENODEV with the reason
 * and fix of the one to blame; without channels -ENODEV and `nothing`. */
int jb_source_result(const struct jb_source *source, const char *nothing, struct jb_diag *diag);

/* Who used an accelerator in a window of time. A device for which nobody is listed had no user. */
struct jb_gpu_use {
    int channel;            /* index, in the source, of the device's first channel */
    int32_t pid;            /* as the driver knows it; 0: somebody whom we cannot see (MIG in a container) */
    bool utilisation_known; /* false: the process holds a context; how busy it was is not known */
    uint32_t busy_ppm;      /* mean utilisation of the device by this process in the window, parts per million */
    uint64_t t0_ns, t1_ns;  /* the window, CLOCK_MONOTONIC */
};

struct jb_sensor_driver {
    const char *name;  /* "rapl-powercap": interface.md's `source` */
    const char *title; /* "RAPL through powercap" */
    unsigned abi;      /* JB_SENSOR_ABI */
    bool test;         /* made up, not measured: opened only when --sensors names it; may take a spec */
    bool unseen;       /* written from documents, not yet seen to work on real hardware: the doctor says so */
    /* A model of stand_in_for, or a last resort to measure it: opened unasked only while no measured channel covers
     * that device. */
    bool stand_in;
    enum jb_device stand_in_for;
    size_t priv_size;
    /* May a call block for long (vendor library, bus, network)? Then open, read and close run on a lane of
     * their own, and read() is called every period_ns (0: at the session's interval, each second at least). Otherwise
     * they run on the sampling thread and must take microseconds. */
    bool blocking;
    uint64_t period_ns;

    /* Optional. Is it worth while to open at all? Looks for one or two files, on the caller's thread, and says why not
     * (-ENODEV with a message): spares a machine without this hardware a thread for each driver that may block. */
    int (*glance)(const struct jb_sensor_env *env, struct jb_diag *diag);
    /* Mandatory. Find the hardware, describe its channels (also those that cannot be used, with a status and a
     * reason, so that the doctor can tell). 0 when at least one channel has JB_OK; -ENODEV: not here;
     * -EACCES: here but not for us, with the fix in diag. May leave things half open: close() follows. */
    int (*open)(struct jb_source *source, struct jb_diag *diag);
    /* Mandatory. One pass over all channels that are JB_OK: at least one reading or failure for each, in time
     * order per channel. */
    void (*read)(struct jb_source *source, struct jb_sink *sink);
    /* Optional. Accepts a half-opened source. */
    void (*close)(struct jb_source *source);
    /* Optional. The processes that used the source's devices since the last call; the count, or a negative errno
     * when that cannot be known (-ENOTSUP: never). Runs on the source's thread, about once a second. */
    int (*processes)(struct jb_source *source, struct jb_gpu_use *ret, size_t max);
};

/* The drivers compiled in, in order of preference; ends with NULL. */
extern const struct jb_sensor_driver *const jb_sensor_drivers[];
const struct jb_sensor_driver *jb_sensor_find(const char *name);

/*
 * Which dies of one socket merely show the socket's one counter (AMD Zen 1 and 2): adding them up would multiply the
 * socket by its dies. They are told from dies that count apart (Intel Cascade Lake AP) by reading A, B, A: a counter
 * that is A's too lies between the two readings of A, and independent counters of billions of microjoules do not.
 *
 * Reads an open source twice (not at all when it has no dies) and stores for each of its channels the index of the
 * channel that it mirrors, or -1; mirror_of has room for JB_MAX_CHANNELS. Counters with zero_at_open cannot be
 * compared. Returns the number of mirrors.
 */
int jb_mirror_detect(struct jb_source *source, int *mirror_of);

/* The perf of the machine at root: perf_event_open, or, below a root, files ROOT/perf/cpu<N>/<type>:<config>
 * in hexadecimal ("perf/cpu0/20:2") that hold the count in decimal. Files cannot be read as one group: joining
 * is refused with -EINVAL. */
void jb_perf_ops_init(struct jb_perf_ops *ops, const char *root);

#endif
