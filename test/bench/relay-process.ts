// Preloaded (--import) into a relay's process: bad links (LINK_FILE) and lies (LIES_FILE), both as files say at the time.

import '../fleet/link-of-process.ts';
import '../support/lying-relay.ts';
