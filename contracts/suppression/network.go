package suppression

// unbounded is more than any count.
const unbounded = 1 << 40

// edge can take so much more; its twin, next to it (index ^ 1), so much back.
type edge struct{ from, to, free int }

// network is a graph of unbounded arcs with what each node has too much of.
type network struct {
	edges  []edge
	out    map[int][]int // node -> its edges
	excess []int
}

func (n *network) arc(from, to int) {
	if n.out == nil {
		n.out = map[int][]int{}
	}
	n.out[from] = append(n.out[from], len(n.edges))
	n.out[to] = append(n.out[to], len(n.edges)+1)
	n.edges = append(n.edges, edge{from, to, unbounded}, edge{to, from, 0})
}

// feasible finds a flow that leaves no node with too much or too little, if
// there is one.
func (n *network) feasible() bool {
	for {
		from := -1
		for node, e := range n.excess {
			if e > 0 {
				from = node
			}
		}
		if from < 0 {
			break
		}
		path := n.path(from, func(node int) bool { return n.excess[node] < 0 }, -1)
		if path == nil {
			return false
		}
		to := n.edges[path[len(path)-1]].to
		amount := min(n.excess[from], -n.excess[to], n.room(path))
		n.push(path, amount)
		n.excess[from] -= amount
		n.excess[to] += amount
	}
	for _, e := range n.excess {
		if e < 0 {
			return false
		}
	}
	return true
}

// bounds is what arc i carries at least and at most; a high end is given no
// further than width above the low one.
func (n *network) bounds(i, width int) (low, high int) {
	arc := 2 * i
	now := n.edges[arc^1].free
	from, to := n.edges[arc].from, n.edges[arc].to
	// What can go another way need not go here; what can come back from the end
	// to the start may go here.
	down := n.flow(from, to, arc, min(now, width))
	up := n.flow(to, from, arc, width-down)
	return now - down, now + up
}

// flow is how much more can go from one node to another without an arc, up to
// limit. It leaves the network as it was.
func (n *network) flow(from, to, without, limit int) (total int) {
	type step struct {
		path   []int
		amount int
	}
	var done []step
	for total < limit {
		path := n.path(from, func(node int) bool { return node == to }, without)
		if path == nil {
			break
		}
		amount := min(limit-total, n.room(path))
		n.push(path, amount)
		done, total = append(done, step{path, amount}), total+amount
	}
	for i := len(done) - 1; i >= 0; i-- {
		n.push(done[i].path, -done[i].amount)
	}
	return total
}

// path finds a shortest way with room, breadth first.
func (n *network) path(from int, end func(node int) bool, without int) []int {
	by := map[int]int{from: -1}
	queue := []int{from}
	for len(queue) > 0 {
		node := queue[0]
		queue = queue[1:]
		for _, e := range n.out[node] {
			to := n.edges[e].to
			if _, seen := by[to]; seen || n.edges[e].free == 0 || without >= 0 && e|1 == without|1 {
				continue
			}
			by[to] = e
			if end(to) {
				return n.back(by, to)
			}
			queue = append(queue, to)
		}
	}
	return nil
}

func (n *network) back(by map[int]int, node int) []int {
	var path []int
	for e := by[node]; e >= 0; e = by[n.edges[e].from] {
		path = append([]int{e}, path...)
	}
	return path
}

func (n *network) room(path []int) int {
	free := unbounded
	for _, e := range path {
		free = min(free, n.edges[e].free)
	}
	return free
}

func (n *network) push(path []int, amount int) {
	for _, e := range path {
		n.edges[e].free -= amount
		n.edges[e^1].free += amount
	}
}
