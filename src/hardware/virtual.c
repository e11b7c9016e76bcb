/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are we a virtual machine, under what, and in a container? x86 guests see the CPUID flag "hypervisor"; what makes
 * them is told by DMI, the device tree or /sys/hypervisor. A cloud's bare-metal machines carry the cloud's DMI name
 * too but not the flag. Firecracker has no DMI; its devices on the kernel's command line give it away.
 */
#include "hardware/probe.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <string.h>

static const struct {
    const char *vendor, *product; /* both must begin so; NULL: any */
    const char *hypervisor;
} makers[] = {
    {"QEMU", NULL, "kvm"},
    {"KVM", NULL, "kvm"},
    {"Red Hat", "KVM", "kvm"},
    {"OpenStack Foundation", NULL, "kvm"},
    {"RDO", NULL, "kvm"},
    {"Nutanix", "AHV", "kvm"},
    {"DigitalOcean", NULL, "kvm"},
    {"Hetzner", "vServer", "kvm"},
    {"Scaleway", NULL, "kvm"},
    {"Alibaba Cloud", NULL, "kvm"},
    {"Tencent Cloud", "CVM", "kvm"},
    {"OVHcloud", "OpenStack", "kvm"},
    {"Google", "Google Compute Engine", "kvm"},
    {"Amazon EC2", NULL, "nitro"},
    {"VMware", NULL, "vmware"},
    {"innotek GmbH", NULL, "virtualbox"},
    {"Oracle Corporation", "VirtualBox", "virtualbox"},
    {"Xen", NULL, "xen"},
    {"Microsoft Corporation", "Virtual Machine", "hyper-v"},
    {"Parallels", NULL, "parallels"},
    {"Apple Inc.", "Apple Virtualization", "apple"},
    {"Bochs", NULL, "bochs"},
    {"BHYVE", NULL, "bhyve"},
    {"FreeBSD", "BHYVE", "bhyve"},
};

static const char *by_dmi(const char *root)
{
    char vendor[96], product[96];
    jb_dmi_read(root, "sys_vendor", vendor, sizeof vendor);
    jb_dmi_read(root, "product_name", product, sizeof product);
    if (vendor[0] == '\0' || strstr(product, ".metal") != NULL) {
        return NULL;
    }
    for (size_t i = 0; i < JB_COUNT(makers); i++) {
        if (jb_starts(vendor, makers[i].vendor) &&
            (makers[i].product == NULL || jb_starts(product, makers[i].product))) {
            return makers[i].hypervisor;
        }
    }
    return NULL;
}

static const char *by_device_tree(const char *root)
{
    char text[96];
    jb_device_tree_read(root, "hypervisor/compatible", text, sizeof text);
    if (strstr(text, "xen") != NULL) {
        return "xen";
    }
    if (text[0] != '\0') {
        return "kvm";
    }
    jb_device_tree_read(root, "compatible", text, sizeof text);
    return strcmp(text, "linux,dummy-virt") == 0 ? "kvm" : NULL;
}

static const char *by_xen(const char *root)
{
    char text[64];
    if (jb_root_read(root, "/sys/hypervisor/type", text, sizeof text) <= 0 || !jb_starts(text, "xen")) {
        return NULL;
    }
    bool manager = jb_root_read(root, "/proc/xen/capabilities", text, sizeof text) > 0 &&
                   strstr(text, "control_d") != NULL; /* dom0 has the hardware */
    return manager ? NULL : "xen";
}

static const char *by_command_line(const char *root)
{
    char text[4096];
    ssize_t length = jb_root_read(root, "/proc/cmdline", text, sizeof text);
    return length > 0 && strstr(text, "virtio_mmio.device=") != NULL ? "firecracker" : NULL;
}

static bool is_container(const char *root)
{
    char text[64];
    return jb_root_exists(root, "/.dockerenv") || jb_root_exists(root, "/run/.containerenv") ||
           (jb_root_read(root, "/run/systemd/container", text, sizeof text) > 0 && !jb_starts(text, "wsl"));
}

void jb_virtual_read(const char *root, bool hypervisor_flag, struct jb_machine *machine)
{
    const char *hypervisor = by_dmi(root);
    if (hypervisor == NULL) {
        hypervisor = by_xen(root);
    }
    if (hypervisor == NULL) {
        hypervisor = by_device_tree(root);
    }
    if (hypervisor == NULL && hypervisor_flag) {
        hypervisor = by_command_line(root);
    }
    machine->virtual_machine = hypervisor != NULL || hypervisor_flag;
    jb_copy(machine->hypervisor, sizeof machine->hypervisor, hypervisor != NULL ? hypervisor : "");
    machine->container |= is_container(root);
}
