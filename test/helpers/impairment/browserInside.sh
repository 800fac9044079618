#!/bin/sh
# Started by Playwright in a browser's place; see namespace.ts.
exec "$HUIZHEN_TEST_IP" netns exec "$HUIZHEN_TEST_NAMESPACE" "$HUIZHEN_TEST_BROWSER" "$@"
