/*
 * A Cortex-M3 in QEMU as the remote: `qemu ECHO_ELF BARE_ELF PAYLOAD BATCH`.
 *
 * Two machines run: one echoes messages, the other answers each byte of the doorbell with the same
 * byte. Trips to them alternate, and the answer is both medians: of a message's way there and back,
 * and of the bare doorbell's. A batch is sent in one go, and its trip ends with the last echo; what
 * it took is shared among its messages.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answer.h"
#include "rpmsg.h"

/* The board: packages/platform-qemu/src/memory_map.ts. */
#define PSRAM 0x21000000u
#define PSRAM_SIZE (16u << 20)
#define POOL 0x21f00000u
#define RING_0 POOL
#define RING_1 (POOL + 0x4000)
#define BUFFERS (POOL + 0x8000)
#define BUFFER_SIZE 512

/* <linux/remoteproc.h>: the type of a vdev entry, and offsets from there. */
#define RSC_VDEV 3
#define VDEV_NOTIFYID 8
#define VDEV_GFEATURES 16
#define VDEV_STATUS 24
#define VDEV_VRINGS 28
#define VRING_BYTES 20
#define VRING_ALIGN 4
#define VRING_NUM 8
#define VRING_NOTIFYID 12
#define NOTIFY_VDEV 2

/* Milliseconds: until QEMU is made to look at its sockets again, and until a machine is given up. */
#define WAKE_AFTER 10
#define GIVE_UP_AFTER 10000

struct machine {
	pid_t pid;
	/* The second serial port, and the monitor. */
	int doorbell, monitor;
	uint8_t *psram;
	uint32_t table;
};

static struct machine echo_machine, bare_machine;
static struct device host;
static struct endpoint sender;
static uint8_t payload[BUFFER_SIZE], target[BUFFER_SIZE];
static uint32_t length;
static unsigned int batch;
static uint64_t answered;
static struct chunks messages, doorbells;

/* ---------------------------------------------------------------------------------- machine -- */

static uint8_t *file_bytes(const char *path, size_t *size)
{
	int file = open(path, O_RDONLY);
	off_t end = file < 0 ? -1 : lseek(file, 0, SEEK_END);

	if (end < (off_t)sizeof(Elf32_Ehdr))
		give_up(path);
	uint8_t *bytes = mmap(NULL, end, PROT_READ, MAP_PRIVATE, file, 0);

	close(file);
	if (bytes == MAP_FAILED)
		give_up(path);
	*size = end;
	return bytes;
}

static void check(bool inside)
{
	if (!inside)
		give_up("a segment or section lies outside");
}

/* Copies the segments, and finds the resource table. */
static void load_elf(struct machine *machine, const char *path)
{
	size_t size;
	const uint8_t *image = file_bytes(path, &size);
	const Elf32_Ehdr *header = (const void *)image;
	const Elf32_Phdr *segments = (const void *)(image + header->e_phoff);
	const Elf32_Shdr *sections = (const void *)(image + header->e_shoff);
	const Elf32_Shdr *names = &sections[header->e_shstrndx];

	check(header->e_phoff + header->e_phnum * sizeof(*segments) <= size);
	check(header->e_shoff + header->e_shnum * sizeof(*sections) <= size);
	for (unsigned int index = 0; index < header->e_phnum; index++) {
		const Elf32_Phdr *segment = &segments[index];

		if (segment->p_type != PT_LOAD || segment->p_filesz == 0 || segment->p_paddr < PSRAM)
			continue;
		check(segment->p_paddr - PSRAM + segment->p_filesz <= PSRAM_SIZE);
		check(segment->p_offset + segment->p_filesz <= size);
		memcpy(machine->psram + (segment->p_paddr - PSRAM), image + segment->p_offset,
		       segment->p_filesz);
	}
	for (unsigned int index = 0; index < header->e_shnum; index++) {
		const char *name = (const char *)image + names->sh_offset + sections[index].sh_name;

		if (strcmp(name, ".resource_table") == 0)
			machine->table = sections[index].sh_addr - PSRAM;
	}
}

static void line(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		give_up("no socket");
}

/* Starts QEMU with the image in memory that is shared with it; it ends with this program. */
static void start_machine(struct machine *machine, int memory)
{
	int doorbell[2], monitor[2];
	char backend[128];
	pid_t parent = getpid();

	line(doorbell);
	line(monitor);
	snprintf(backend, sizeof(backend),
		 "memory-backend-file,id=psram,size=%u,mem-path=/proc/%d/fd/%d,share=on", PSRAM_SIZE,
		 parent, memory);
	machine->doorbell = doorbell[0];
	machine->monitor = monitor[0];
	machine->pid = fork();
	if (machine->pid < 0)
		give_up("no process");
	if (machine->pid > 0) {
		close(doorbell[1]);
		close(monitor[1]);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	dup2(fcntl(monitor[1], F_DUPFD, 10), 3);
	dup2(fcntl(doorbell[1], F_DUPFD, 10), 4);
	execlp("qemu-system-arm", "qemu-system-arm", "-no-user-config", "-nodefaults", "-display", "none",
	       "-accel", "tcg", "-machine", "mps2-an385,memory-backend=psram", "-object", backend,
	       "-global", "armv7m.init-nsvtor=0x21000000", "-serial", "null", "-chardev",
	       "socket,id=doorbell,fd=4", "-serial", "chardev:doorbell", "-chardev",
	       "socket,id=monitor,fd=3", "-mon", "chardev=monitor,mode=readline", (char *)NULL);
	fprintf(stderr, "qemu-system-arm cannot be run\n");
	_exit(1);
}

static void end_machine(struct machine *machine)
{
	kill(machine->pid, SIGKILL);
	waitpid(machine->pid, NULL, 0);
}

static int memory_of(struct machine *machine)
{
	int memory = memfd_create("psram", MFD_CLOEXEC);

	if (memory < 0 || ftruncate(memory, PSRAM_SIZE) != 0)
		give_up("no memory");
	machine->psram = mmap(NULL, PSRAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (machine->psram == MAP_FAILED)
		give_up("no memory");
	return memory;
}

/* --------------------------------------------------------------------------------- doorbell -- */

static void ring_byte(struct machine *machine, uint8_t id)
{
	if (write(machine->doorbell, &id, 1) != 1)
		give_up("QEMU has ended");
}

/* Waits for a ring; true where one came. */
static bool heard(struct machine *machine, int milliseconds)
{
	struct pollfd ready = { .fd = machine->doorbell, .events = POLLIN };
	uint8_t bytes[64];

	if (milliseconds >= 0 && poll(&ready, 1, milliseconds) == 0)
		return false;
	if (read(machine->doorbell, bytes, sizeof(bytes)) <= 0)
		give_up("QEMU has ended");
	return true;
}

/* QEMU does not watch a UART whose receiver was off until something else happens in it. */
static void wake(struct machine *machine)
{
	char text[512];

	if (write(machine->monitor, "\n", 1) != 1)
		give_up("QEMU has ended");
	while (recv(machine->monitor, text, sizeof(text), MSG_DONTWAIT) > 0)
		;
}

static void ring_remote(struct doorbell *doorbell, int queue)
{
	(void)doorbell;
	ring_byte(&echo_machine, queue);
}

static struct doorbell to_remote = { ring_remote, NULL };

/* ------------------------------------------------------------------------------------- host -- */

static void set_word(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static uint32_t word(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint8_t *find_vdev(uint8_t *table)
{
	uint32_t count = word(table + 4);

	for (uint32_t index = 0; index < count; index++) {
		uint8_t *entry = table + word(table + 16 + 4 * index);

		if (word(entry) == RSC_VDEV)
			return entry;
	}
	give_up("the image has no virtio device");
}

static void hear(struct endpoint *endpoint, struct message *message)
{
	(void)endpoint;
	if (copy_to(message, target, sizeof(target)) == length)
		answered++;
}

static void set_up_device(const struct window *window)
{
	uint8_t *vdev = find_vdev(echo_machine.psram + echo_machine.table);
	uint8_t *vrings = vdev + VDEV_VRINGS;
	const struct place place = {
		.space = { window, 1 },
		.rings = { RING_0, RING_1 },
		.buffers = BUFFERS,
		.ring_size = word(vrings + VRING_NUM),
		.ring_align = word(vrings + VRING_ALIGN),
		.buffer_count = 2 * word(vrings + VRING_NUM),
		.buffer_size = BUFFER_SIZE,
		.status = (void *)(vdev + VDEV_STATUS),
	};

	set_word(vdev + VDEV_NOTIFYID, NOTIFY_VDEV);
	set_word(vdev + VDEV_GFEATURES, 1);
	for (unsigned int queue = 0; queue < 2; queue++) {
		set_word(vrings + queue * VRING_BYTES, place.rings[queue]);
		set_word(vrings + queue * VRING_BYTES + VRING_NOTIFYID, queue);
	}
	open_host(&host, &place, &to_remote);
}

/* ---------------------------------------------------------------------------------- measure -- */

static uint64_t message_trip(void)
{
	uint64_t start = now(), all = answered + batch;

	for (unsigned int count = 0; count < batch; count++) {
		if (try_send(&sender, payload, length) != SENT)
			give_up("no buffer is free");
	}
	while (answered < all) {
		heard(&echo_machine, -1);
		look(&host);
	}
	return now() - start;
}

static uint64_t doorbell_trip(void)
{
	uint64_t start = now();

	ring_byte(&bare_machine, 1);
	heard(&bare_machine, -1);
	return now() - start;
}

static void measure(uint64_t nanoseconds, double results[2])
{
	uint64_t start = now();

	do {
		add_chunk(&messages, message_trip());
		add_chunk(&doorbells, doorbell_trip());
	} while (now() - start < nanoseconds);
	if (host.failed || memcmp(target, payload, length) != 0)
		give_up("a message came back wrong");
	results[0] = median(&messages) / batch;
	results[1] = median(&doorbells);
}

int main(int count, char **arguments)
{
	if (count != 5)
		give_up("qemu ECHO_ELF BARE_ELF PAYLOAD BATCH");
	length = strtoul(arguments[3], NULL, 10);
	batch = strtoul(arguments[4], NULL, 10);
	memset(payload, 7, sizeof(payload));

	int memory = memory_of(&echo_machine);
	const struct window window = { PSRAM, PSRAM_SIZE, echo_machine.psram };

	load_elf(&echo_machine, arguments[1]);
	set_up_device(&window);
	start_machine(&echo_machine, memory);
	memory = memory_of(&bare_machine);
	load_elf(&bare_machine, arguments[2]);
	start_machine(&bare_machine, memory);
	for (int waited = 0; host.announced_address == RPMSG_ADDR_ANY; waited += WAKE_AFTER) {
		if (waited > GIVE_UP_AFTER)
			give_up("the firmware announced nothing");
		wake(&echo_machine);
		heard(&echo_machine, WAKE_AFTER);
		look(&host);
	}
	create_endpoint(&host, &sender, 1025, host.announced_address, hear);
	ring_byte(&bare_machine, 1);
	for (int waited = 0; !heard(&bare_machine, WAKE_AFTER); waited += WAKE_AFTER) {
		if (waited > GIVE_UP_AFTER)
			give_up("the doorbell was not answered");
		wake(&bare_machine);
	}
	answer(measure, 2);
	end_machine(&echo_machine);
	end_machine(&bare_machine);
	return 0;
}
