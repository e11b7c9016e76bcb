/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml.h - private to this folder: the state of the NVML driver and what its files offer each other.
 *
 * nvml.c        the driver: start the library, find the GPUs, close
 * nvml_load.c   the library itself (nvml_api.h)
 * nvml_gpu.c    who a GPU is: identity, unit number, limits, MIG
 * nvml_probe.c  which of its ways of telling energy and power work; describe the channels
 * nvml_module.c superchips: what a module, its CPU included, draws
 * nvml_model.c  a GPU that tells neither energy nor power
 * nvml_read.c   one pass over all GPUs
 * nvml_reopen.c the driver was reloaded, a GPU was reset: start again
 * nvml_track.c  the driver's own time stamps (wall clock) brought to CLOCK_MONOTONIC
 * nvml_window.c what a power reading means, by generation and driver version
 * nvml_use.c    who used the GPUs
 * nvml_mig.c    who used the instances of a GPU that is partitioned
 *
 * All memory is part of struct jb_nvml: no allocation after the source was made, and none to fail.
 */
#ifndef JB_SENSOR_NVML_NVML_H
#define JB_SENSOR_NVML_NVML_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/nvml/nvml_api.h"
#include "sensor/sensor.h"

#define JB_NVML_MAX_GPUS      32
#define JB_NVML_MAX_SAMPLES   512 /* the driver buffers about 120 */
#define JB_NVML_MAX_PROCESSES 512 /* of one GPU */
#define JB_NVML_MAX_INSTANCES 16  /* of one GPU under MIG; no board has more than 7 */

/* NVML's unit numbers start here where the operating system does not show the card (hardware.h's gpus). */
#define JB_NVML_UNIT_BASE 100

/* What no board and no module draws, where no limit is told: 1.5 x 1400 W (GB300's GPU), twice 2700 W (GB200's module)
 * as acpi.c has it. */
#define JB_NVML_MOST_UW        UINT64_C(2100000000)
#define JB_NVML_MOST_MODULE_UW UINT64_C(5400000000)

/* A stream of samples that stops for this long has ended. */
#define JB_NVML_STALL_NS UINT64_C(1000000000)

/* --- nvml_track.c ------------------------------------------------------------------------------------------------ */

/* The two clocks at one moment. */
struct jb_nvml_now {
    uint64_t mono_ns;
    int64_t wall_ns;
};
void jb_nvml_now(struct jb_nvml_now *ret);

/* Where we are in a stream of samples that the driver stamps with wall time. */
struct jb_nvml_track {
    uint64_t last_ns;           /* CLOCK_MONOTONIC of the newest accepted sample; 0: none */
    unsigned long long seen_us; /* its stamp: what to hand to the driver as lastSeenTimeStamp */
    int64_t offset_ns;          /* wall minus monotonic, at the last look */
    bool known;                 /* offset_ns is */
};

/* Call once after each fetch, before the samples are taken. True: the wall clock was set (or the machine slept) since
 * the last call. What was fetched cannot be placed in time then: drop it; seen_us is now the new wall time. */
bool jb_nvml_track_stepped(struct jb_nvml_track *track, const struct jb_nvml_now *now);

/* Take one sample. False: it is not newer than the one before, or is from the future, or its stamp is no wall time. */
bool jb_nvml_track_take(struct jb_nvml_track *track, unsigned long long stamp_us, const struct jb_nvml_now *now,
                        uint64_t *ret_t_ns);

/* --- nvml_window.c ----------------------------------------------------------------------------------------------- */

enum jb_nvml_way {
    JB_NVML_WAY_NONE,
    JB_NVML_WAY_SAMPLES, /* nvmlDeviceGetSamples: all values since the last call */
    JB_NVML_WAY_INSTANT, /* field 186 */
    JB_NVML_WAY_USAGE,   /* nvmlDeviceGetPowerUsage */
};

struct jb_nvml_window {
    uint64_t window_ns;               /* a power value is the mean over this long */
    uint64_t refresh_ns;              /* a new one comes this often; the energy counter steps as often */
    double power_error, energy_error; /* one sigma, relative */
    bool partial;                     /* its instant values look at less than half of the time */
    const char *note;                 /* what people should know of it; may be empty */
};
/* arch: nvmlDeviceArchitecture_t or JB_NVML_ARCH_UNKNOWN. driver: first number of its version, 0: not known. */
void jb_nvml_window(unsigned int arch, const char *name, unsigned int driver, enum jb_nvml_way way,
                    struct jb_nvml_window *ret);

/* --- nvml_gpu.c -------------------------------------------------------------------------------------------------- */

/* A part of a GPU under MIG that processes can use: a compute instance within a GPU instance. */
struct jb_nvml_instance {
    struct jb_nvml_device *device;
    unsigned int gpu_instance, compute_instance;
    uint32_t share_ppm; /* of the GPU's compute slices; 0: not known */
};

/* Whose joules nvmlDeviceGetTotalEnergyConsumption counts. */
enum jb_nvml_owner { JB_NVML_OWNER_GPU, JB_NVML_OWNER_MODULE, JB_NVML_OWNER_UNTOLD };

struct jb_nvml_gpu {
    struct jb_nvml_device *device; /* NULL: no handle; its channels say why */
    unsigned int index;            /* NVML's */
    int unit;                      /* ours: jb_channel.unit */
    char key[48];                  /* uuid, else pci address, else "nvml<index>": middle part of the channel ids */
    char name[96], pci[32];
    unsigned int arch;
    bool mig, lost;
    uint64_t limit_mw; /* the larger of the enforced and the default limit; the table's board power; 0 */
    uint64_t cap_mw;   /* what the board may draw now: the enforced limit, else limit_mw */
    bool cap_told;     /* by NVML */
    uint64_t idle_mw;  /* of the table; 0: not known */

    int first;                  /* its first channel, usable or not */
    int energy, power, model;   /* channels to be read; -1: none */
    enum jb_nvml_way way, live; /* of power: now, and after the samples stop */
    bool energy_in_batch;       /* field 83 comes with field 186 in one call */
    struct jb_nvml_track samples;
    unsigned int sample_room; /* how many samples the driver keeps, at most JB_NVML_MAX_SAMPLES */
    uint64_t sample_raw;      /* the newest sample, mW */
    bool model_blind;         /* the model has not even the utilisation */
    uint64_t model_uj, model_t_ns;

    int module;                      /* channel of the module that it is in; -1: in none */
    int module_power, module_energy; /* channels of the module that are read through this GPU; -1 */
    unsigned int module_field;       /* 185 or 186 */
    uint64_t module_limit_mw;        /* 0: not told */
    bool module_counts;              /* it has an energy counter */
    enum jb_nvml_owner owner;        /* of the energy counter */
    unsigned int silent;             /* passes in which nothing about it was answered */
    struct jb_nvml_instance instances[JB_NVML_MAX_INSTANCES];
    unsigned int instance_count;
    bool instances_part;     /* at open(): others have slices that we cannot see */
    uint32_t instances_ppm;  /* their shares together */
    uint64_t instances_t_ns; /* when they were listed; 0: they must be */

    struct jb_nvml_track uses;
    uint64_t uses_t_ns; /* when processes() was last asked */
};

struct jb_nvml {
    struct jb_nvml_api api;
    bool started;
    unsigned int driver;
    bool stale;        /* the library's session has ended under us: no handle is worth anything */
    uint64_t retry_ns; /* when to try again; 0: no trouble */
    uint64_t reopened_ns;
    uint64_t pause_ns; /* and how long after that */
    unsigned int gpu_count;
    struct jb_nvml_gpu gpus[JB_NVML_MAX_GPUS];
    struct jb_nvml_sample samples[JB_NVML_MAX_SAMPLES];
    struct jb_nvml_process_use uses[JB_NVML_MAX_PROCESSES];
    struct jb_nvml_process processes[JB_NVML_MAX_PROCESSES];
    struct jb_nvml_process_v1 processes_v1[JB_NVML_MAX_PROCESSES];
};

/* Fill in who this GPU is. An nvmlReturn_t: other than success when there is no handle (identity is still filled). */
int jb_nvml_gpu_identify(const struct jb_nvml *nvml, const struct jb_sensor_env *env, unsigned int index,
                         struct jb_nvml_gpu *ret);

/* "[domain:]bus:device.function" as one number: domain, then 8 bits each. */
bool jb_nvml_parse_pci(const char *text, uint64_t *ret);

/* Do two PCI addresses name one function? "00000000:65:00.0" is "0000:65:00.0". */
bool jb_nvml_same_pci(const char *a, const char *b);

/* The middle part of a GPU's channel ids, in `size` bytes: what stays the same when the driver is reloaded. */
void jb_nvml_gpu_key(const struct jb_nvml_api *api, struct jb_nvml_device *device, unsigned int index, char *key,
                     size_t size);

/* Has it a channel that can be read? */
bool jb_nvml_is_read(const struct jb_nvml_gpu *gpu);

/* Nothing will be heard of this GPU through this handle. */
bool jb_nvml_is_gone(int code);
/* Nothing will be heard of any, until the library is started again. */
bool jb_nvml_is_stale(int code);
enum jb_status jb_nvml_status(int code);

/* --- nvml_probe.c ------------------------------------------------------------------------------------------------ */

/* Try the GPU's ways and add its channels to the source. False: there is no room for more channels. */
bool jb_nvml_probe(struct jb_source *source, struct jb_nvml_gpu *gpu, int handle_code);

/* A channel of the GPU, `kind` the last part of its id; NULL when there is no room. */
struct jb_channel *jb_nvml_add_channel(struct jb_source *source, const struct jb_nvml_gpu *gpu, const char *kind);

/* Read fields 186 (and 83 when energy is not NULL) in one call; the codes of each. Values only with success. */
void jb_nvml_read_fields(const struct jb_nvml_api *api, struct jb_nvml_device *device, int *ret_power_code,
                         uint64_t *ret_power_mw, int *ret_energy_code, uint64_t *ret_energy_mj);
bool jb_nvml_value(unsigned int type, const union jb_nvml_value *value, uint64_t *ret);

/* The samples since gpu->samples.seen_us, at most gpu->sample_room, into nvml->samples; `type` is that of their values.
 */
int jb_nvml_fetch_samples(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, unsigned int *ret_type,
                          unsigned int *ret_count);

/* --- nvml_module.c ----------------------------------------------------------------------------------------------- */

/* Is the GPU on a superchip, and whose is its energy counter (`energy_mj`, when energy_code is success)? Fills in
 * `owner` and `module_field`. False: there is no module. */
bool jb_nvml_module_find(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, int energy_code, uint64_t energy_mj);
/* Describe the module's channels, once for all its GPUs, and name it as the parent of this one's. False: no room. */
bool jb_nvml_module_add(struct jb_source *source, struct jb_nvml_gpu *gpu);
void jb_nvml_module_read(const struct jb_nvml *nvml, const struct jb_nvml_gpu *gpu, struct jb_sink *sink);

/* --- nvml_model.c ------------------------------------------------------------------------------------------------ */

bool jb_nvml_model_add(struct jb_source *source, struct jb_nvml_gpu *gpu); /* false: no room */
int jb_nvml_model_read(const struct jb_nvml *nvml, struct jb_nvml_gpu *gpu, uint64_t *ret_t_ns);

/* --- nvml_reopen.c ----------------------------------------------------------------------------------------------- */

/* Something was heard that a new start may mend. */
void jb_nvml_trouble(struct jb_nvml *nvml);
/* Start the library again when it is time, and find the GPUs that were described at open() by their keys. */
void jb_nvml_reopen(struct jb_nvml *nvml);

/* --- nvml_use.c, nvml_mig.c -------------------------------------------------------------------------------------- */

struct jb_nvml_list {
    struct jb_gpu_use *uses;
    size_t count, max;
};
/* A new entry from the window since the last call; NULL when the caller's room is used up. */
struct jb_gpu_use *jb_nvml_list_add(struct jb_nvml_list *list, const struct jb_nvml_gpu *gpu, unsigned int pid,
                                    uint64_t now_ns);

/* The processes with a compute context on a GPU or MIG device into nvml->processes: their number, or a negative
 * nvmlReturn_t. */
int jb_nvml_ask_contexts(struct jb_nvml *nvml, struct jb_nvml_device *device);

/* In a container: do the first `contexts` of nvml->processes, or their absence, mean nothing here? */
bool jb_nvml_hidden(const struct jb_source *source, const struct jb_nvml_gpu *gpu, int contexts);
int jb_nvml_errno(int negative_code);

/* The users of one GPU under MIG are added to the list: 0 or a negative errno. */
int jb_nvml_mig_list(struct jb_source *source, struct jb_nvml_gpu *gpu, struct jb_nvml_list *list);
/* Can its instances be told apart at all? */
bool jb_nvml_mig_known(struct jb_nvml *nvml, struct jb_nvml_gpu *gpu);

/* --- nvml_read.c, nvml_use.c: the driver's read() and processes() ------------------------------------------------ */
void jb_nvml_read(struct jb_source *source, struct jb_sink *sink);
int jb_nvml_processes(struct jb_source *source, struct jb_gpu_use *ret, size_t max);

#endif
