//! Routes by their patterns and methods.

use std::collections::{BTreeMap, BTreeSet};

use super::decode::segments;
use super::pattern::{Part, RoutePattern};

/// The methods whose routes others may take over, and that answer without one.
const GET: &str = "GET";
const HEAD: &str = "HEAD";
const OPTIONS: &str = "OPTIONS";

/// Routes, each with what it leads to. Looking one up takes time in proportion to the path and the routes that
/// begin like it; the table is a tree of segments, of which each is looked at once.
///
/// ```
/// # use wippy::internals::routes::{RoutePattern, RouteTable, Routed};
/// let mut table = RouteTable::new();
/// table.insert(Some("GET"), &RoutePattern::parse("/users/{id}")?, "user").expect("the first");
/// table.insert(None, &RoutePattern::parse("/users/me")?, "me").expect("another");
/// let Routed::Found(user) = table.find("GET", "/users/m%C3%BCller") else { panic!() };
/// assert_eq!((*user.target, user.parameters), ("user", vec![("id", "müller".to_owned())]));
/// let Routed::Found(me) = table.find("PUT", "/users/me") else { panic!() };
/// assert_eq!(*me.target, "me");
/// assert!(matches!(table.find("GET", "/users"), Routed::NotFound));
/// assert!(matches!(table.find("PUT", "/users/7"), Routed::MethodNotAllowed { .. }));
/// # Ok::<(), wippy::internals::routes::InvalidPattern>(())
/// ```
#[derive(Clone, Debug)]
pub struct RouteTable<T> {
    root: Node<T>,
}

/// The routes whose patterns begin with the same segments.
#[derive(Clone, Debug)]
struct Node<T> {
    literals: BTreeMap<String, Node<T>>,
    parameter: Option<Box<Node<T>>>,
    /// Those that end here.
    ends: Ends<T>,
    /// Those that take the rest.
    rests: Ends<T>,
}

/// The routes of one pattern, whatever its parameters are called.
#[derive(Clone, Debug)]
struct Ends<T> {
    methods: BTreeMap<String, End<T>>,
    any: Option<End<T>>,
}

#[derive(Clone, Debug)]
struct End<T> {
    /// Of the pattern's parameters, in their order.
    names: Vec<String>,
    target: T,
}

/// A route that answers a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RouteMatch<'a, T> {
    /// What the route leads to.
    pub target: &'a T,
    /// The parameters with what the path has in their places, decoded.
    pub parameters: Vec<(&'a str, String)>,
    /// Its pattern is text alone and names the request's method: whatever other routes there are, none comes before it.
    pub is_exact: bool,
}

/// What becomes of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Routed<'a, T> {
    /// A route answers it.
    Found(RouteMatch<'a, T>),
    /// It asks what is allowed, and no route answers that: 204 with these methods in `Allow`.
    Options {
        /// As `Allow` has them.
        allow: String,
    },
    /// Routes have its path, and none of them its method: 405 with these in `Allow`.
    MethodNotAllowed {
        /// As `Allow` has them.
        allow: String,
    },
    /// No route has its path: 404.
    NotFound,
    /// Its path cannot be compared: 400.
    Malformed,
}

impl<T> Default for RouteTable<T> {
    fn default() -> Self {
        RouteTable {
            root: Node::default(),
        }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Node {
            literals: BTreeMap::new(),
            parameter: None,
            ends: Ends::default(),
            rests: Ends::default(),
        }
    }
}

impl<T> Default for Ends<T> {
    fn default() -> Self {
        Ends {
            methods: BTreeMap::new(),
            any: None,
        }
    }
}

impl<T> Node<T> {
    /// The node that a pattern leads to, and whether the pattern takes the rest.
    fn at(&mut self, pattern: &RoutePattern) -> (&mut Node<T>, bool) {
        let mut node = self;
        let mut rest = false;
        for part in &pattern.parts {
            match part {
                Part::Literal(text) => node = node.literals.entry(text.clone()).or_default(),
                Part::Parameter(_) => node = node.parameter.get_or_insert_default(),
                Part::Rest(_) => rest = true,
            }
        }
        (node, rest)
    }
}

impl<T> RouteTable<T> {
    /// A table without routes.
    pub fn new() -> RouteTable<T> {
        RouteTable::default()
    }

    /// Adds a route of a method in capitals, or of any.
    ///
    /// # Errors
    /// What the route leads to that has the same method, and the same pattern but for the names of its
    /// parameters: the two would answer the same requests.
    pub fn insert(
        &mut self,
        method: Option<&str>,
        pattern: &RoutePattern,
        target: T,
    ) -> Result<(), &T> {
        let (node, rest) = self.root.at(pattern);
        let ends = match rest {
            true => &mut node.rests,
            false => &mut node.ends,
        };
        let end = End {
            names: pattern.parameters().map(str::to_owned).collect(),
            target,
        };
        ends.insert(method, end)
    }

    /// Adds a route of all that is at or below a prefix, or of everything. The first of several that are the same stays.
    pub fn insert_below(&mut self, method: Option<&str>, prefix: Option<&RoutePattern>, target: T)
    where
        T: Clone,
    {
        let node = match prefix {
            Some(prefix) => self.root.at(prefix).0,
            None => &mut self.root,
        };
        for ends in [&mut node.ends, &mut node.rests] {
            let end = End {
                names: Vec::new(),
                target: target.clone(),
            };
            let _ = ends.insert(method, end);
        }
    }

    /// What becomes of a request for a path, which is without its query. The path may be anything that a client
    /// sends.
    pub fn find(&self, method: &str, path: &str) -> Routed<'_, T> {
        let Ok(segments) = segments(path) else {
            return Routed::Malformed;
        };
        let mut search = Search {
            method,
            segments: &segments,
            values: Vec::new(),
            allowed: BTreeSet::new(),
            has_path: false,
        };
        if let Some((end, values, has_method)) = search.visit(&self.root, 0) {
            let names = end.names.iter().map(String::as_str);
            return Routed::Found(RouteMatch {
                target: &end.target,
                is_exact: values.is_empty() && has_method,
                parameters: names.zip(values).collect(),
            });
        }
        if !search.has_path {
            return Routed::NotFound;
        }
        let mut allowed = search.allowed;
        if allowed.contains(GET) {
            allowed.insert(HEAD);
        }
        allowed.insert(OPTIONS);
        let allow = allowed.into_iter().collect::<Vec<_>>().join(", ");
        match method {
            OPTIONS => Routed::Options { allow },
            _ => Routed::MethodNotAllowed { allow },
        }
    }
}

impl<T> Ends<T> {
    fn insert(&mut self, method: Option<&str>, end: End<T>) -> Result<(), &T> {
        match method {
            None => match &mut self.any {
                Some(earlier) => Err(&earlier.target),
                any => {
                    *any = Some(end);
                    Ok(())
                }
            },
            Some(method) => match self.methods.entry(method.to_owned()) {
                std::collections::btree_map::Entry::Occupied(earlier) => {
                    Err(&earlier.into_mut().target)
                }
                std::collections::btree_map::Entry::Vacant(free) => {
                    free.insert(end);
                    Ok(())
                }
            },
        }
    }

    fn get(&self, method: &str) -> Option<&End<T>> {
        let own = self.methods.get(method);
        let of_get = || match method {
            HEAD => self.methods.get(GET),
            _ => None,
        };
        own.or_else(of_get).or(self.any.as_ref())
    }

    fn is_empty(&self) -> bool {
        self.methods.is_empty() && self.any.is_none()
    }
}

/// A route, what its parameters take, and whether it names the request's method.
type Found<'a, T> = (&'a End<T>, Vec<String>, bool);

/// A lookup that is under way.
struct Search<'a, 's> {
    method: &'s str,
    segments: &'s [String],
    /// What the parameters on the way to the node have taken.
    values: Vec<&'s str>,
    /// The methods of routes with the path.
    allowed: BTreeSet<&'a str>,
    has_path: bool,
}

impl<'a, 's> Search<'a, 's> {
    /// The first route in the order of precedence at or below a node that `depth` segments lead to. The depth of
    /// the recursion is that of the longest pattern.
    fn visit<T>(&mut self, node: &'a Node<T>, depth: usize) -> Option<Found<'a, T>> {
        let Some(segment) = self.segments.get(depth) else {
            return self.end(&node.ends, None);
        };
        if let Some(next) = node.literals.get(segment)
            && let Some(found) = self.visit(next, depth + 1)
        {
            return Some(found);
        }
        if let Some(next) = &node.parameter
            && !segment.is_empty()
        {
            self.values.push(segment);
            let found = self.visit(next, depth + 1);
            self.values.pop();
            if found.is_some() {
                return found;
            }
        }
        self.end(&node.rests, Some(depth))
    }

    fn end<T>(&mut self, ends: &'a Ends<T>, rest: Option<usize>) -> Option<Found<'a, T>> {
        if ends.is_empty() {
            return None;
        }
        let Some(end) = ends.get(self.method) else {
            self.has_path = true;
            self.allowed.extend(ends.methods.keys().map(String::as_str));
            return None;
        };
        let mut values: Vec<String> = self.values.iter().map(|&value| value.to_owned()).collect();
        values.extend(rest.and_then(|depth| Some(self.segments.get(depth..)?.join("/"))));
        Some((end, values, ends.methods.contains_key(self.method)))
    }
}
