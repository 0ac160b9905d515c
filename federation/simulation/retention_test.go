package simulation

// erased is the failpoint between a deletion and the event that says so.
const erased = "workspace/erased"
