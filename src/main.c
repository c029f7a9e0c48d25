#include <stdio.h>

int main(void)
{
	return printf("%s %s\n", PACKAGE_NAME, PACKAGE_VERSION) < 0 ? 3 : 0;
}
