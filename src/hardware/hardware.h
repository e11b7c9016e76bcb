/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hardware.h - what machine this is, and what its parts draw when nobody measures them.
 *
 * jb_machine_probe() looks once, through the root prefix, and never fails for want of a file: what cannot be found is
 * zero or empty, which means "not known". No subprocess, no network. Takes a few milliseconds at most.
 *
 * Sources of figures: data/hardware_power.csv (its source column), the SPECpower analysis in data/README.md.
 */
#ifndef JB_HARDWARE_HARDWARE_H
#define JB_HARDWARE_HARDWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JB_MAX_SOCKETS 64
#define JB_MAX_GPUS    32

/* How a watt figure was found. */
enum jb_found {
    JB_FOUND_NOT,
    JB_FOUND_CONFIG, /* the user said so */
    JB_FOUND_TABLE,  /* the very model is in the table */
    JB_FOUND_FAMILY, /* watts per core of the family: no such model */
    JB_FOUND_GUESS,  /* not even a family: watts per core of any */
};

struct jb_cpu {
    char name[128];                 /* as the kernel says, sanitised */
    char model[96];                 /* as the table says; empty unless JB_FOUND_TABLE */
    char vendor[16];                /* "AMD", "Intel", "ARM", "Ampere", "Apple", ...; empty */
    int family, model_number;       /* of CPUID; -1 */
    unsigned sockets;               /* distinct physical packages seen; at least 1 */
    unsigned cores;                 /* physical cores seen, all sockets */
    unsigned threads;               /* logical CPUs online */
    int package_of[JB_MAX_SOCKETS]; /* physical_package_id of socket i, ascending */
    bool frequency;                 /* cpufreq tells at what clock the CPUs run, and what their clock can be */
    enum jb_found found;
    double tdp_w;         /* of one whole socket; for FAMILY and GUESS: watts per core x cores of this machine */
    unsigned table_cores; /* cores of the whole socket by the table; 0 */
    char source[160];     /* of tdp_w: "hardware_power.csv: amd-spec+codecarbon", "family EPYC: 6.3 W per core" */
};

struct jb_gpu_info {
    char name[96];        /* "NVIDIA H100 80GB HBM3" */
    char pci[32];         /* "0000:65:00.0" */
    char uuid[64];        /* "GPU-..." where the driver tells */
    double tdp_w, idle_w; /* board power and idle of the table; 0 not known */
    enum jb_found found;
    char source[160];
};

struct jb_machine {
    char id[65]; /* 64 hex digits: SHA-256 of "joulebook" + /etc/machine-id, or of DMI/device-tree serials */
    char host[65];
    struct jb_cpu cpu;
    uint64_t ram_bytes;       /* MemTotal */
    uint64_t ram_limit_bytes; /* of our cgroup; 0: none */
    unsigned dimms;           /* from SMBIOS or EDAC; 0: not known */
    char dimm_type[16];       /* "DDR5 RDIMM", "DDR4 UDIMM", "DDR4 SODIMM", "LPDDR5", "DDR4"; empty */
    bool virtual_machine;
    char hypervisor[32]; /* "kvm", "vmware", "firecracker", ...; empty */
    bool container;
    double cpu_limit; /* CPUs our cgroup may use (quota / period, over all ancestors); 0: no limit */
    bool laptop;      /* has a battery or a portable chassis */
    char board[96];   /* DMI or device tree product name; empty */
    struct jb_gpu_info gpus[JB_MAX_GPUS]; /* accelerators the operating system shows without a vendor library */
    unsigned gpu_count;
};

/* What the user's config says instead of what is found; zero: nothing. */
struct jb_machine_hints {
    double cpu_tdp_w;
    const char
        *table_path; /* a CSV with the columns of data/hardware_power.csv whose rows win over the built-in ones */
};

struct jb_diag;
/* -EBADMSG or another errno with a message only when hints->table_path cannot be used; the machine is filled then too.
 */
int jb_machine_probe(const char *root, const struct jb_machine_hints *hints, struct jb_machine *ret,
                     struct jb_diag *diag);

/*
 * The power model of the CPU:  P = TDP * (i + (s - i) * curve(u)) * charged
 * with curve() the median SPECpower curve of servers since 2017 and u the busy share of the CPUs (frequency-weighted
 * where readable). i is 0.15 (laptops 0.10); s is 0.95 for AMD (desktops 1.35 times that: their socket's limit), 1.1
 * for Intel servers, max turbo / base power up to 1.6 for other Intel, else 1. Where SPECpower has the very model, its
 * watts per socket bound both from above and do no more: they are a whole server's, at the wall.
 * A guest pays for its threads out of the socket's (or, with a family only, for a core per two threads of x86); a
 * container with a quota pays for its quota. A quota outside a container (a service's) changes nothing.
 * rel_error: 0.15 with a table's model and a readable clock, 0.25 without the clock, 0.35 to 0.5 for guests, families,
 * guesses.
 */
struct jb_cpu_power_model {
    double tdp_w;                       /* of all sockets */
    double idle_fraction, max_fraction; /* i, s */
    double charged;                     /* 0..1 */
    double rel_error;                   /* one sigma */
    unsigned cpus;  /* logical CPUs that make up u = 1: threads, or the container's limit rounded up */
    char note[192]; /* what to tell the user: VM share, family fallback, container quota */
};
void jb_cpu_power_model(const struct jb_machine *machine, struct jb_cpu_power_model *ret);
/* Watts at utilisation u (clamped to 0..1), already multiplied by `charged`. */
double jb_cpu_power_w(const struct jb_cpu_power_model *model, double utilisation);
/* The curve itself: fraction of (max - idle) at u, linear between the eleven points. */
double jb_spec_curve(double utilisation);

/* Memory: watts at rest and at full load by module count and type, else 0.3 W/GB capped (grid-and-hardware D2); the
 * container's limit instead of the machine's memory. `note` says how. */
struct jb_ram_power_model {
    double idle_w, full_w, rel_error;
    char note[192];
};
void jb_ram_power_model(const struct jb_machine *machine, struct jb_ram_power_model *ret);

/* The name matcher. Writes the key that names equal parts alike ("Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz" ->
 * "xeongold6248"); rules and oracle: tools/match_names.py. `vendor` may be NULL. Bounded time for any input. */
void jb_cpu_key(const char *name, char *key, size_t size, char *vendor, size_t vendor_size);
void jb_gpu_key(const char *name, char *key, size_t size, char *vendor, size_t vendor_size);

/* One row of the power table. */
struct jb_part {
    char kind[12]; /* "cpu", "gpu", "soc", "accelerator" */
    char vendor[12], model[64], key[48];
    double tdp_w, tdp_min_w, tdp_max_w, max_turbo_w, idle_w; /* 0: not known */
    unsigned cores;
    char source[128];
};
/* Exact key; kind "cpu" also finds "soc", "gpu" also finds "accelerator" and driver aliases by the raw name. NULL. */
const struct jb_part *jb_part_find(const char *kind, const char *name);
/* Parts whose key contains the key of `text`, for `joulebook hardware NAME`; at most max, best first. */
size_t jb_part_search(const char *text, const struct jb_part **ret, size_t max);

/* Watts per core of a family named in `name` ("AMD EPYC" -> 6.3); any x86 server core when nothing matches. */
enum jb_found jb_family_watts_per_core(const char *name, double *ret_w, const char **ret_family);

/* Embodied carbon (D3): what making the hardware emitted, in kg CO2e, part by part, and the share of one run. */
struct jb_embodied {
    double cpu_kg, ram_kg, gpu_kg, base_kg; /* base: board, case, supply, disk, assembly */
    double total_kg, rel_error;
    double lifetime_s; /* default 4 years */
    double reserved;   /* 0..1: share of the machine that we may use (VM, container) */
    char source[160];
};
/* override_kg and lifetime_s of 0 take the defaults; measured_gpus counts boards that only a vendor library shows. */
void jb_embodied(const struct jb_machine *machine, unsigned measured_gpus, double override_kg, double lifetime_s,
                 struct jb_embodied *ret);
double jb_embodied_g(const struct jb_embodied *embodied,
                     double duration_s); /* of a run that has the machine this long */

#endif
