/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Built without any hardening, for elf.sh: shows that its questions can be answered with no.
 */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
	char text[64];

	snprintf(text, sizeof(text), "%s", argc > 1 ? argv[1] : "true");
	return system(text);
}
