/*
 * Code is a run of commands. Each falls through to the next when its condition holds and else jumps
 * `no` bytes forward. Reaching the end exactly means the socket is wanted, four bytes past the end
 * that it is not (inet_diag_bc_run()). So every piece of code has two ways out, `end` and `end +
 *4`: a and b	a, b		what left a by end + 4 must be sent on to b's end + 4
 *	a or b	a, JMP b, b	a's end + 4 is where b starts, as the jump takes four bytes
 *	not a	a, JMP +8	a's end + 4 is the new end, and its end the jump to the new end + 4
 */
#include "kernel/diag_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>

#include "base/xalloc.h"

#define OP_SIZE sizeof(struct inet_diag_bc_op)
/* Fits into one netlink attribute and into the jumps' 16 bits. */
#define CODE_MAX 4096
#define DEPTH_MAX 200

struct code {
	uint8_t *bytes;
	size_t len;
};

static struct inet_diag_bc_op op_at(const uint8_t *code, size_t pos)
{
	struct inet_diag_bc_op op;

	memcpy(&op, code + pos, sizeof(op));
	return op;
}

static int put(struct code *code, const void *data, size_t len)
{
	if (len > CODE_MAX - code->len)
		return -E2BIG;
	memcpy(code->bytes + code->len, data, len);
	code->len += len;
	return 0;
}

/* A command with its argument that is left by end or end + 4. */
static int put_command(struct code *code, uint8_t op_code, const void *arg, size_t arg_len)
{
	const struct inet_diag_bc_op op = {
		.code = op_code,
		.yes = (uint8_t)(OP_SIZE + arg_len),
		.no = (uint16_t)(OP_SIZE + arg_len + 4),
	};
	int r = put(code, &op, sizeof(op));

	return r < 0 ? r : put(code, arg, arg_len);
}

static int put_jump(struct code *code, size_t distance)
{
	const struct inet_diag_bc_op op = {
		.code = INET_DIAG_BC_JMP, .yes = OP_SIZE, .no = (uint16_t)distance};

	return put(code, &op, sizeof(op));
}

static size_t address_len(uint8_t family)
{
	switch (family) {
	case AF_UNSPEC:
		return 0;
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return SIZE_MAX;
	}
}

static int put_host(struct code *code, const struct diag_expr *expr)
{
	const uint8_t family = expr->prefix.addr.family;
	const size_t addr_len = address_len(family);
	const struct inet_diag_hostcond cond = {
		.family = family,
		.prefix_len = family == AF_UNSPEC ? 0 : expr->prefix.bits,
		.port = expr->port,
	};
	uint8_t arg[sizeof(cond) + 16];

	if (addr_len == SIZE_MAX || cond.prefix_len > 8 * addr_len)
		return -EINVAL;
	if (expr->port < -1 || expr->port > UINT16_MAX)
		return -EINVAL;
	memcpy(arg, &cond, sizeof(cond));
	memcpy(arg + sizeof(cond), expr->prefix.addr.bytes, addr_len);
	return put_command(code, expr->op == DIAG_SRC ? INET_DIAG_BC_S_COND : INET_DIAG_BC_D_COND,
			   arg, sizeof(cond) + addr_len);
}

static int put_port(struct code *code, const struct diag_expr *expr, uint8_t op_code)
{
	const struct inet_diag_bc_op arg = {.no = (uint16_t)expr->port};

	if (expr->port < 0 || expr->port > UINT16_MAX)
		return -EINVAL;
	return put_command(code, op_code, &arg, sizeof(arg));
}

static int put_leaf(struct code *code, const struct diag_expr *expr)
{
	const struct inet_diag_markcond mark = {.mark = expr->mark, .mask = expr->mask};

	switch (expr->op) {
	case DIAG_TRUE:
		return put_command(code, INET_DIAG_BC_NOP, "", 0);
	case DIAG_SRC:
	case DIAG_DST:
		return put_host(code, expr);
	case DIAG_SPORT_GE:
		return put_port(code, expr, INET_DIAG_BC_S_GE);
	case DIAG_SPORT_LE:
		return put_port(code, expr, INET_DIAG_BC_S_LE);
	case DIAG_SPORT_EQ:
		return put_port(code, expr, INET_DIAG_BC_S_EQ);
	case DIAG_DPORT_GE:
		return put_port(code, expr, INET_DIAG_BC_D_GE);
	case DIAG_DPORT_LE:
		return put_port(code, expr, INET_DIAG_BC_D_LE);
	case DIAG_DPORT_EQ:
		return put_port(code, expr, INET_DIAG_BC_D_EQ);
	case DIAG_DEV:
		return put_command(code, INET_DIAG_BC_DEV_COND, &expr->ifindex,
				   sizeof(expr->ifindex));
	case DIAG_CGROUP:
		return put_command(code, INET_DIAG_BC_CGROUP_COND, &expr->cgroup,
				   sizeof(expr->cgroup));
	case DIAG_MARK:
		return put_command(code, INET_DIAG_BC_MARK_COND, &mark, sizeof(mark));
	case DIAG_AUTOBOUND:
		return put_command(code, INET_DIAG_BC_AUTO, "", 0);
	default:
		return -EINVAL;
	}
}

/* Sends what leaves the piece [start, end) by end + 4 on by distance bytes. */
static void forward_rejects(struct code *code, size_t start, size_t end, size_t distance)
{
	struct inet_diag_bc_op op;

	for (size_t pos = start; pos < end; pos += op.yes) {
		op = op_at(code->bytes, pos);
		if (op.code == INET_DIAG_BC_NOP || pos + op.no != end + 4)
			continue;
		op.no = (uint16_t)(op.no + distance);
		memcpy(code->bytes + pos, &op, sizeof(op));
	}
}

static int put_expr(struct code *code, const struct diag_expr *expr, int depth);

static int put_and(struct code *code, const struct diag_expr *expr, int depth)
{
	const size_t start = code->len;
	size_t middle;
	int r = put_expr(code, expr->left, depth);

	if (r < 0)
		return r;
	middle = code->len;
	r = put_expr(code, expr->right, depth);
	if (r == 0)
		forward_rejects(code, start, middle, code->len - middle);
	return r;
}

static int put_or(struct code *code, const struct diag_expr *expr, int depth)
{
	struct inet_diag_bc_op jump;
	size_t middle;
	int r = put_expr(code, expr->left, depth);

	if (r < 0)
		return r;
	middle = code->len;
	r = put_jump(code, 0);
	if (r == 0)
		r = put_expr(code, expr->right, depth);
	if (r < 0)
		return r;
	jump = op_at(code->bytes, middle);
	jump.no = (uint16_t)(code->len - middle);
	memcpy(code->bytes + middle, &jump, sizeof(jump));
	return 0;
}

static int put_expr(struct code *code, const struct diag_expr *expr, int depth)
{
	int r;

	if (!expr)
		return -EINVAL;
	if (depth > DEPTH_MAX)
		return -E2BIG;
	switch (expr->op) {
	case DIAG_AND:
		return put_and(code, expr, depth + 1);
	case DIAG_OR:
		return put_or(code, expr, depth + 1);
	case DIAG_NOT:
		r = put_expr(code, expr->left, depth + 1);
		return r < 0 ? r : put_jump(code, 8);
	default:
		return put_leaf(code, expr);
	}
}

int diag_filter_compile(const struct diag_expr *expr, struct diag_filter *ret_filter)
{
	struct code code = {0};
	int r;

	*ret_filter = (struct diag_filter){0};
	if (!expr)
		return 0;
	code.bytes = xmalloc(CODE_MAX);
	r = put_expr(&code, expr, 0);
	if (r < 0) {
		free(code.bytes);
		return r;
	}
	ret_filter->code = code.bytes;
	ret_filter->len = code.len;
	return 0;
}

int diag_filter_autobound(const struct diag_filter *rest, bool autobound,
			  struct diag_filter *ret_filter)
{
	const size_t rest_len = rest ? rest->len : 0;
	struct code code = {.bytes = xmalloc(CODE_MAX)};
	const struct inet_diag_bc_op automatic = {
		.code = INET_DIAG_BC_AUTO,
		.yes = OP_SIZE,
		.no = autobound ? (uint16_t)(OP_SIZE + rest_len + 4) : 8,
	};
	int r = put(&code, &automatic, sizeof(automatic));

	if (r == 0 && !autobound)
		r = put_jump(&code, OP_SIZE + rest_len + 4);
	if (r == 0 && rest_len)
		r = put(&code, rest->code, rest_len);
	if (r < 0) {
		free(code.bytes);
		return r;
	}
	*ret_filter = (struct diag_filter){.code = code.bytes, .len = code.len};
	return 0;
}

void diag_filter_done(struct diag_filter *filter)
{
	free(filter->code);
	*filter = (struct diag_filter){0};
}

/* Bytes that a command takes at least, 0 if it is not valid in the len bytes at code. */
static size_t command_len(const uint8_t *code, size_t len)
{
	struct inet_diag_hostcond cond;
	size_t addr_len;

	switch (code[0]) {
	case INET_DIAG_BC_NOP:
	case INET_DIAG_BC_JMP:
	case INET_DIAG_BC_AUTO:
		return OP_SIZE;
	case INET_DIAG_BC_S_GE:
	case INET_DIAG_BC_S_LE:
	case INET_DIAG_BC_S_EQ:
	case INET_DIAG_BC_D_GE:
	case INET_DIAG_BC_D_LE:
	case INET_DIAG_BC_D_EQ:
		return OP_SIZE * 2;
	case INET_DIAG_BC_DEV_COND:
		return OP_SIZE + sizeof(uint32_t);
	case INET_DIAG_BC_CGROUP_COND:
		return OP_SIZE + sizeof(uint64_t);
	case INET_DIAG_BC_MARK_COND:
		return OP_SIZE + sizeof(struct inet_diag_markcond);
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		if (len < OP_SIZE + sizeof(cond))
			return 0;
		memcpy(&cond, code + OP_SIZE, sizeof(cond));
		addr_len = address_len(cond.family);
		if (addr_len == SIZE_MAX || cond.prefix_len > 8 * addr_len)
			return 0;
		return OP_SIZE + sizeof(cond) + addr_len;
	default:
		return 0;
	}
}

/* Whether a command starts at target, walking by `yes` as valid_cc() does. */
static bool is_boundary(const uint8_t *code, size_t len, size_t target)
{
	size_t pos = 0;
	struct inet_diag_bc_op op;

	while (pos < target && len - pos >= OP_SIZE) {
		op = op_at(code, pos);
		if (op.yes < OP_SIZE || op.yes & 3 || op.yes > len - pos)
			return false;
		pos += op.yes;
	}
	return pos == target;
}

static bool target_valid(const uint8_t *code, size_t len, size_t pos, size_t distance,
			 size_t min_len)
{
	const size_t left = len - pos;

	if (distance < min_len || distance > left + 4 || distance & 3)
		return false;
	return distance >= left || is_boundary(code, len, pos + distance);
}

bool diag_filter_valid(const uint8_t *code, size_t len)
{
	struct inet_diag_bc_op op;
	size_t min_len, pos;

	for (pos = 0; pos < len; pos += op.yes) {
		if (len - pos < OP_SIZE)
			return false;
		op = op_at(code, pos);
		min_len = command_len(code + pos, len - pos);
		if (!min_len || min_len > len - pos)
			return false;
		if (op.code != INET_DIAG_BC_NOP && !target_valid(code, len, pos, op.no, min_len))
			return false;
		if (op.yes < min_len || op.yes > len - pos + 4 || op.yes & 3)
			return false;
	}
	return pos == len;
}

static bool bits_match(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	const unsigned int bytes = bits / 8, rest = bits % 8;

	if (memcmp(a, b, bytes) != 0)
		return false;
	return !rest || !((a[bytes] ^ b[bytes]) >> (8 - rest));
}

static bool run_host(const uint8_t *arg, const struct netaddr *addr, uint16_t port)
{
	struct inet_diag_hostcond cond;
	const uint8_t *want = arg + sizeof(cond);

	memcpy(&cond, arg, sizeof(cond));
	if (cond.port != -1 && cond.port != port)
		return false;
	if (cond.family != AF_UNSPEC && cond.family != addr->family)
		return cond.family == AF_INET && netaddr_is_v4_mapped(addr) &&
		       bits_match(addr->bytes + 12, want, cond.prefix_len);
	return bits_match(addr->bytes, want, cond.prefix_len);
}

static bool run_command(const uint8_t *code, const struct diag_entry *entry)
{
	const uint8_t *arg = code + OP_SIZE;
	struct inet_diag_markcond mark;
	uint32_t ifindex;
	uint64_t cgroup;

	switch (code[0]) {
	case INET_DIAG_BC_JMP:
		return false;
	case INET_DIAG_BC_S_GE:
		return entry->local_port >= op_at(arg, 0).no;
	case INET_DIAG_BC_S_LE:
		return entry->local_port <= op_at(arg, 0).no;
	case INET_DIAG_BC_S_EQ:
		return entry->local_port == op_at(arg, 0).no;
	case INET_DIAG_BC_D_GE:
		return entry->remote_port >= op_at(arg, 0).no;
	case INET_DIAG_BC_D_LE:
		return entry->remote_port <= op_at(arg, 0).no;
	case INET_DIAG_BC_D_EQ:
		return entry->remote_port == op_at(arg, 0).no;
	case INET_DIAG_BC_S_COND:
		return run_host(arg, &entry->local, entry->local_port);
	case INET_DIAG_BC_D_COND:
		return run_host(arg, &entry->remote, entry->remote_port);
	case INET_DIAG_BC_DEV_COND:
		memcpy(&ifindex, arg, sizeof(ifindex));
		return ifindex == entry->ifindex;
	case INET_DIAG_BC_CGROUP_COND:
		memcpy(&cgroup, arg, sizeof(cgroup));
		return cgroup == entry->cgroup;
	case INET_DIAG_BC_MARK_COND:
		memcpy(&mark, arg, sizeof(mark));
		return (entry->mark & mark.mask) == mark.mark;
	case INET_DIAG_BC_AUTO:
		return !entry->userlocks;
	default:
		return true;
	}
}

bool diag_filter_run(const uint8_t *code, size_t len, const struct diag_entry *entry)
{
	struct inet_diag_bc_op op;
	size_t pos = 0;

	while (pos < len) {
		op = op_at(code, pos);
		pos += run_command(code + pos, entry) ? op.yes : op.no;
	}
	return pos == len;
}
