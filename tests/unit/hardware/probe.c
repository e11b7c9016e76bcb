/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up machines of each kind, and broken ones, through jb_machine_probe(). */
#include "support.h"

#include "base/diag.h"

static void two_socket_xeon_is_found_with_all_its_parts(void **state)
{
    struct machine *m = *state;
    put_cpuinfo(m, "GenuineIntel", "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", 2, 20, 2, "ht");
    put_topology(m, 2, 20, 2);
    put(m, "/proc/meminfo", "MemTotal:       196608000 kB\nMemFree: 1 kB\n");
    put(m, "/sys/class/dmi/id/sys_vendor", "Dell Inc.\n");
    put(m, "/sys/class/dmi/id/product_name", "PowerEdge R740\n");
    put(m, "/sys/class/dmi/id/chassis_type", "23\n");
    put(m, "/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    put(m, "/proc/sys/kernel/hostname", "node7\n");
    const struct jb_machine *f = probe(m);
    assert_string_equal(f->cpu.name, "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz");
    assert_string_equal(f->cpu.model, "Xeon Gold 6248");
    assert_string_equal(f->cpu.vendor, "Intel");
    assert_int_equal(f->cpu.family, 6);
    assert_int_equal(f->cpu.model_number, 85);
    assert_int_equal(f->cpu.sockets, 2);
    assert_int_equal(f->cpu.cores, 40);
    assert_int_equal(f->cpu.threads, 80);
    assert_int_equal(f->cpu.package_of[1], 1);
    assert_int_equal(f->cpu.found, JB_FOUND_TABLE);
    assert_near(f->cpu.tdp_w, 150, 0);
    assert_int_equal(f->cpu.table_cores, 20);
    assert_true(f->ram_bytes == UINT64_C(196608000) * 1024);
    assert_false(f->virtual_machine);
    assert_false(f->container);
    assert_false(f->laptop);
    assert_string_equal(f->board, "PowerEdge R740");
    assert_string_equal(f->host, "node7");
    assert_int_equal(strlen(f->id), 64);
}

static void cpuinfo_alone_tells_sockets_and_cores(void **state)
{
    struct machine *m = *state;
    put_cpuinfo(m, "AuthenticAMD", "AMD EPYC 7742 64-Core Processor", 2, 64, 2, "ht");
    const struct jb_machine *f = probe(m);
    assert_int_equal(f->cpu.sockets, 2);
    assert_int_equal(f->cpu.cores, 128);
    assert_int_equal(f->cpu.threads, 256);
    assert_near(f->cpu.tdp_w, 225, 0);
    assert_int_equal(f->cpu.found, JB_FOUND_TABLE);
}

static void offline_cpus_do_not_count(void **state)
{
    struct machine *m = *state;
    put_cpuinfo(m, "GenuineIntel", "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", 1, 4, 1, "ht");
    put_topology(m, 1, 4, 2);
    put(m, "/sys/devices/system/cpu/online", "0-2,5\n");
    const struct jb_machine *f = probe(m);
    assert_int_equal(f->cpu.threads, 4);
    assert_int_equal(f->cpu.cores, 3); /* CPU 5 is the second thread of core 1 */
}

static void laptop_is_told_by_chassis_or_battery(void **state)
{
    struct machine *m = *state;
    put_cpuinfo(m, "GenuineIntel", "12th Gen Intel(R) Core(TM) i7-1260P", 1, 12, 1, "ht");
    put(m, "/sys/class/power_supply/hidpp_battery_0/type", "Battery\n");
    put(m, "/sys/class/power_supply/hidpp_battery_0/scope", "Device\n");
    assert_false(probe(m)->laptop); /* a mouse */
    put(m, "/sys/class/power_supply/BAT0/type", "Battery\n");
    assert_true(probe(m)->laptop);
    put(m, "/sys/class/power_supply/BAT0/type", "Mains\n");
    assert_false(probe(m)->laptop);
    put(m, "/sys/class/dmi/id/chassis_type", "10\n");
    const struct jb_machine *f = probe(m);
    assert_true(f->laptop);
    assert_string_equal(f->cpu.model, "Core i7-1260P");
    assert_near(f->cpu.tdp_w, 28, 0);
}

static void guest_without_a_model_falls_back_to_its_family(void **state)
{
    struct machine *m = *state;
    put_cpuinfo(m, "AuthenticAMD", "AMD EPYC", 1, 2, 1, "hypervisor");
    put(m, "/proc/cmdline", "reboot=k pci=off virtio_mmio.device=4K@0xd0000000:5\n");
    const struct jb_machine *f = probe(m);
    assert_true(f->virtual_machine);
    assert_string_equal(f->hypervisor, "firecracker");
    assert_int_equal(f->cpu.found, JB_FOUND_FAMILY);
    assert_near(f->cpu.tdp_w, 6.3, 1e-9); /* two threads are one core */
    assert_string_equal(f->cpu.source, "family EPYC: 6.3 W per core");
    assert_string_equal(f->cpu.model, "");
}

static void guest_with_a_model_and_a_maker(void **state)
{
    struct machine *m = *state;
    put_cpuinfo(m, "GenuineIntel", "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", 1, 4, 2, "hypervisor");
    put(m, "/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
    put(m, "/sys/class/dmi/id/product_name", "c6i.2xlarge\n");
    const struct jb_machine *f = probe(m);
    assert_true(f->virtual_machine);
    assert_string_equal(f->hypervisor, "nitro");
    assert_int_equal(f->cpu.found, JB_FOUND_TABLE);
    assert_int_equal(f->cpu.table_cores, 32);
}

static void a_clouds_bare_metal_is_no_guest(void **state)
{
    struct machine *m = *state;
    put_cpuinfo(m, "GenuineIntel", "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", 2, 4, 2, "ht");
    put(m, "/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
    put(m, "/sys/class/dmi/id/product_name", "c6i.metal\n");
    assert_false(probe(m)->virtual_machine);
}

static void ampere_is_named_by_the_firmware(void **state)
{
    struct machine *m = *state;
    /* SMBIOS type 4: "Processor Version", string 1, at 0x10. */
    uint8_t raw[96] = {4, 48, 0, 0};
    raw[0x10] = 2;
    const char strings[] = "CPU 1\0Ampere(R) Altra(R) Processor Q80-30\0";
    memcpy(raw + 48, strings, sizeof strings);
    put(m, "/proc/cpuinfo",
        "processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
        "CPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n");
    put_topology(m, 1, 80, 1);
    assert_string_equal(probe(m)->cpu.name, "Neoverse-N1"); /* the firmware's table is root's */
    assert_int_equal(m->found.cpu.found, JB_FOUND_FAMILY);
    put_bytes(m, "/sys/firmware/dmi/entries/4-0/raw", raw, sizeof raw);
    const struct jb_machine *f = probe(m);
    assert_int_equal(f->cpu.found, JB_FOUND_TABLE);
    assert_string_equal(f->cpu.vendor, "Ampere");
    assert_near(f->cpu.tdp_w, 210, 0);
    assert_int_equal(f->cpu.cores, 80);
}

static void graviton_is_told_by_core_and_cloud(void **state)
{
    struct machine *m = *state;
    put(m, "/proc/cpuinfo",
        "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n\n"
        "processor\t: 1\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n");
    put(m, "/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
    put(m, "/sys/class/dmi/id/product_name", "c7g.large\n");
    const struct jb_machine *f = probe(m);
    assert_string_equal(f->cpu.name, "AWS Graviton3");
    assert_true(f->virtual_machine);
    assert_int_equal(f->cpu.threads, 2);
    assert_near(f->cpu.tdp_w, 100, 0);
}

static void raspberry_is_told_by_the_device_tree(void **state)
{
    struct machine *m = *state;
    static const char compatible[] = "raspberrypi,4-model-b\0brcm,bcm2711";
    put(m, "/proc/cpuinfo",
        "processor\t: 0\nmodel name\t: ARMv7 Processor rev 3 (v7l)\nCPU implementer\t: 0x41\n"
        "CPU part\t: 0xd08\n\nprocessor\t: 1\n\nprocessor\t: 2\n\nprocessor\t: 3\n\n"
        "Hardware\t: BCM2711\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n");
    put_bytes(m, "/proc/device-tree/compatible", compatible, sizeof compatible);
    put_bytes(m, "/proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4", 31);
    const struct jb_machine *f = probe(m);
    assert_int_equal(f->cpu.threads, 4);
    assert_near(f->cpu.tdp_w, 7.5, 0);
    assert_string_equal(f->board, "Raspberry Pi 4 Model B Rev 1.4");
    assert_false(f->virtual_machine);
}

static void jetson_is_told_by_its_module_and_memory(void **state)
{
    struct machine *m = *state;
    put(m, "/proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd42\n");
    put(m, "/proc/meminfo", "MemTotal:       31300000 kB\n");
    put_bytes(m, "/proc/device-tree/model", "NVIDIA Jetson AGX Orin Developer Kit", 37);
    assert_string_equal(probe(m)->cpu.model, "Jetson AGX Orin 32 GB");
    put(m, "/proc/meminfo", "MemTotal:       64300000 kB\n");
    assert_string_equal(probe(m)->cpu.model, "Jetson AGX Orin 64 GB");
}

static void container_and_its_limits_are_seen(void **state)
{
    struct machine *m = *state;
    put_cpuinfo(m, "AuthenticAMD", "AMD EPYC 7742 64-Core Processor", 1, 8, 2, "ht");
    put(m, "/proc/meminfo", "MemTotal: 16777216 kB\n");
    put(m, "/proc/self/cgroup", "0::/\n");
    put(m, "/sys/fs/cgroup/cpu.max", "200000 100000\n");
    put(m, "/sys/fs/cgroup/memory.max", "4294967296\n");
    assert_false(probe(m)->container);
    put(m, "/.dockerenv", "");
    const struct jb_machine *f = probe(m);
    assert_true(f->container);
    assert_near(f->cpu_limit, 2, 0);
    assert_true(f->ram_limit_bytes == UINT64_C(4) << 30);
}

static void a_limit_beyond_the_machine_is_none(void **state)
{
    struct machine *m = *state;
    put_cpuinfo(m, "AuthenticAMD", "AMD EPYC 7742 64-Core Processor", 1, 2, 1, "ht");
    put(m, "/proc/meminfo", "MemTotal: 1024 kB\n");
    put(m, "/sys/fs/cgroup/cpu.max", "900000 100000\n");
    put(m, "/sys/fs/cgroup/memory.max", "4294967296\n");
    const struct jb_machine *f = probe(m);
    assert_true(f->cpu_limit == 0);
    assert_true(f->ram_limit_bytes == 0);
}

static void nvidia_boards_are_listed_in_order_with_their_watts(void **state)
{
    struct machine *m = *state;
    put(m, "/proc/driver/nvidia/gpus/0000:c1:00.0/information",
        "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 1\nGPU UUID: \t GPU-1a2b3c4d\nBus Location: \t 0000:c1:00.0\n");
    put(m, "/proc/driver/nvidia/gpus/0000:41:00.0/information",
        "Model: \t\t NVIDIA Imaginary 9\nGPU UUID: \t GPU-\?\?\?\?\?\?-\?\?\nBus Location: \t 0000:41:00.0\n");
    const struct jb_machine *f = probe(m);
    assert_int_equal(f->gpu_count, 2);
    assert_string_equal(f->gpus[0].pci, "0000:41:00.0");
    assert_string_equal(f->gpus[0].uuid, ""); /* question marks are no name */
    assert_int_equal(f->gpus[0].found, JB_FOUND_NOT);
    assert_true(f->gpus[0].tdp_w == 0);
    assert_string_equal(f->gpus[1].uuid, "GPU-1a2b3c4d");
    assert_near(f->gpus[1].tdp_w, 700, 0);
    assert_near(f->gpus[1].idle_w, 71, 0);
}

static void the_id_is_a_hash_and_needs_a_source(void **state)
{
    struct machine *m = *state;
    assert_string_equal(probe(m)->id, "");
    put(m, "/sys/class/dmi/id/product_serial", "To be filled by O.E.M.\n");
    assert_string_equal(probe(m)->id, "");
    put(m, "/sys/class/dmi/id/product_uuid", "4c4c4544-0042-3510\n");
    char by_serial[65];
    snprintf(by_serial, sizeof by_serial, "%s", probe(m)->id);
    assert_int_equal(strlen(by_serial), 64);
    put(m, "/etc/machine-id", "uninitialized\n");
    assert_string_equal(probe(m)->id, by_serial);
    put(m, "/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    /* printf joulebook0123456789abcdef0123456789abcdef | sha256sum */
    assert_string_equal(probe(m)->id, "bfa273a83a959248f34ce6753377e006bfb049b8283f98f124038743a8f318d5");
}

static void an_empty_machine_is_not_known_and_no_failure(void **state)
{
    struct machine *m = *state;
    const struct jb_machine *f = probe(m);
    assert_int_equal(f->cpu.found, JB_FOUND_NOT);
    assert_int_equal(f->cpu.sockets, 1);
    assert_int_equal(f->cpu.threads, 0);
    assert_true(f->cpu.tdp_w == 0);
    assert_true(f->ram_bytes == 0);
    assert_int_equal(f->gpu_count, 0);
}

static void garbage_is_survived_and_shown_without_escapes(void **state)
{
    struct machine *m = *state;
    static const char junk[] =
        "processor\t: 99999999999999999999\nmodel name\t: \033[31mEvil\377\001CPU\nphysical id\t: -4\n"
        "core id : x\nprocessor\nprocessor:\nflags:\ncpu family\t:\n:\n\0\0\0";
    put_bytes(m, "/proc/cpuinfo", junk, sizeof junk);
    put(m, "/proc/meminfo", "MemTotal: 99999999999999999999999 kB\n");
    put(m, "/sys/devices/system/cpu/online", "0-4294967295,,\n");
    put(m, "/proc/self/cgroup", "0::/../../etc\n:\n::\n9:cpu\n");
    put(m, "/sys/fs/cgroup/cpu.max", "max\n");
    put(m, "/sys/fs/cgroup/memory.max", "-1\n");
    put_bytes(m, "/sys/firmware/dmi/entries/17-0/raw", "\x11\xff\0\0", 4);
    put(m, "/proc/driver/nvidia/gpus/x/information", "Model:\n");
    put(m, "/etc/machine-id", "xyz");
    const struct jb_machine *f = probe(m);
    assert_null(strchr(f->cpu.name, '\033'));
    assert_non_null(strstr(f->cpu.name, "Evil"));
    assert_true(f->ram_bytes == 0);
    assert_int_equal(f->dimms, 0);
    assert_true(f->cpu_limit == 0);
}

static void hints_win_and_say_so(void **state)
{
    struct machine *m = *state;
    put_cpuinfo(m, "AuthenticAMD", "AMD EPYC 7742 64-Core Processor", 1, 64, 2, "ht");
    struct jb_machine_hints hints = {.cpu_tdp_w = 240};
    assert_int_equal(jb_machine_probe(m->root, &hints, &m->found, NULL), 0);
    assert_int_equal(m->found.cpu.found, JB_FOUND_CONFIG);
    assert_near(m->found.cpu.tdp_w, 240, 0);
    assert_int_equal(m->found.cpu.table_cores, 64);
}

static void the_users_table_wins_and_a_bad_one_is_told(void **state)
{
    struct machine *m = *state;
    char path[128];
    struct jb_diag diag = {0};
    put_cpuinfo(m, "AuthenticAMD", "AMD EPYC 7742 64-Core Processor", 1, 64, 2, "ht");
    put(m, "/mine.csv",
        "kind,vendor,model,match_key,tdp_w,tdp_min_w,tdp_max_w,max_turbo_w,cores,idle_w,n_sources,source\n"
        "cpu,AMD,EPYC 7742,,199.5,,,,64,,1,\"plug, at home\"\n");
    snprintf(path, sizeof path, "%s/mine.csv", m->root);
    struct jb_machine_hints hints = {.table_path = path};
    assert_int_equal(jb_machine_probe(m->root, &hints, &m->found, &diag), 0);
    assert_near(m->found.cpu.tdp_w, 199.5, 0);
    assert_non_null(strstr(m->found.cpu.source, "plug, at home"));
    put(m, "/mine.csv", "kind,vendor\ncpu,AMD\n");
    assert_int_equal(jb_machine_probe(m->root, &hints, &m->found, &diag), -EBADMSG);
    assert_non_null(strstr(diag.text, "mine.csv:1"));
    assert_near(m->found.cpu.tdp_w, 225, 0); /* filled all the same */
    hints.table_path = "/nowhere/mine.csv";
    assert_int_equal(jb_machine_probe(m->root, &hints, &m->found, &diag), -ENOENT);
    assert_near(m->found.cpu.tdp_w, 225, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_ON_MACHINE(two_socket_xeon_is_found_with_all_its_parts),
        TEST_ON_MACHINE(cpuinfo_alone_tells_sockets_and_cores),
        TEST_ON_MACHINE(offline_cpus_do_not_count),
        TEST_ON_MACHINE(laptop_is_told_by_chassis_or_battery),
        TEST_ON_MACHINE(guest_without_a_model_falls_back_to_its_family),
        TEST_ON_MACHINE(guest_with_a_model_and_a_maker),
        TEST_ON_MACHINE(a_clouds_bare_metal_is_no_guest),
        TEST_ON_MACHINE(ampere_is_named_by_the_firmware),
        TEST_ON_MACHINE(graviton_is_told_by_core_and_cloud),
        TEST_ON_MACHINE(raspberry_is_told_by_the_device_tree),
        TEST_ON_MACHINE(jetson_is_told_by_its_module_and_memory),
        TEST_ON_MACHINE(container_and_its_limits_are_seen),
        TEST_ON_MACHINE(a_limit_beyond_the_machine_is_none),
        TEST_ON_MACHINE(nvidia_boards_are_listed_in_order_with_their_watts),
        TEST_ON_MACHINE(the_id_is_a_hash_and_needs_a_source),
        TEST_ON_MACHINE(an_empty_machine_is_not_known_and_no_failure),
        TEST_ON_MACHINE(garbage_is_survived_and_shown_without_escapes),
        TEST_ON_MACHINE(hints_win_and_say_so),
        TEST_ON_MACHINE(the_users_table_wins_and_a_bad_one_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
