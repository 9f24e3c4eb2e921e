//! Pages being filled from top to bottom, and the structure of what stands on them.

use krilla::geom::Rect;

use super::Error;
use super::fragment::Fragments;
use super::inline::{Inline, Line, Piece, Style, lay_out};
use super::shaped::Shaped;

/// A4, in points.
pub(super) const PAGE_WIDTH: f32 = 595.28;
/// A4, in points.
pub(super) const PAGE_HEIGHT: f32 = 841.89;
/// Empty border left and right.
pub(super) const MARGIN: f32 = 42.0;
/// Room between the borders.
pub(super) const COLUMN: f32 = PAGE_WIDTH - 2.0 * MARGIN;
/// Where a page's own text begins.
pub(super) const TOP: f32 = 30.0;
/// Where it ends; the foot stands below.
pub(super) const BOTTOM: f32 = PAGE_HEIGHT - 50.0;
/// More pages than any form needs.
const MOST_PAGES: usize = 12;

/// Something drawn; positions in points from the page's upper left corner.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    Text { x: f32, y: f32, shaped: Shaped, style: Style },
    Tick { x: f32, y: f32, size: f32, ticked: bool },
    Leader { from: f32, to: f32, y: f32 },
    Cells { x: f32, y: f32, shaped: Shaped, size: f32 },
    Rule { from: f32, to: f32, y: f32, strong: bool },
    Frame { area: Rect },
    Code { x: f32, y: f32, side: f32 },
}

/// What a node of the structure is.
#[derive(Debug, Clone)]
pub(super) enum Role {
    Heading {
        level: u16,
        title: String,
    },
    Section,
    Paragraph,
    List,
    ListItem,
    ListLabel,
    ListBody,
    /// A picture, with what it means.
    Figure {
        alt: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) usize);

/// A child of a node: another node or a mark (page, place on it).
#[derive(Debug, Clone, Copy)]
pub(super) enum Child {
    Node(NodeId),
    Mark(usize, usize),
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) role: Role,
    pub(super) children: Vec<Child>,
}

/// A heading for the outline: text, page, height on it.
#[derive(Debug, Clone)]
pub(super) struct Bookmark {
    pub(super) title: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// All pages. A mark without a node is an artifact.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) pages: Vec<Vec<(Mark, Option<NodeId>)>>,
    pub(super) nodes: Vec<Node>,
    pub(super) roots: Vec<NodeId>,
    pub(super) bookmarks: Vec<Bookmark>,
    /// Where the next line begins.
    pub(super) y: f32,
    /// Where text begins on all pages but the first.
    pub(super) next_top: f32,
    pub(super) fragments: Fragments,
}

/// A paragraph's place: distance from the left border, width, height of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) x: f32,
    pub(super) width: f32,
    pub(super) line: f32,
    pub(super) align: Align,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Middle,
    Right,
}

impl Block {
    /// The whole column.
    pub(super) fn column(line: f32) -> Self {
        Self { x: MARGIN, width: COLUMN, line, align: Align::Left }
    }

    /// The column without `indent` points on its left.
    pub(super) fn indented(indent: f32, line: f32) -> Self {
        Self { x: MARGIN + indent, width: COLUMN - indent, line, align: Align::Left }
    }
}

impl Sheet {
    pub(super) fn new(next_top: f32, fragments: Fragments) -> Self {
        Self {
            pages: vec![Vec::new()],
            nodes: Vec::new(),
            roots: Vec::new(),
            bookmarks: Vec::new(),
            y: TOP,
            next_top,
            fragments,
        }
    }

    /// The page being filled.
    pub(super) fn page(&self) -> usize {
        self.pages.len() - 1
    }

    /// A node under `parent`, or at the top of the structure.
    pub(super) fn node(&mut self, parent: Option<NodeId>, role: Role) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.nodes.push(Node { role, children: Vec::new() });
        match parent.and_then(|parent| self.nodes.get_mut(parent.0)) {
            Some(parent) => parent.children.push(Child::Node(id)),
            None => self.roots.push(id),
        }
        id
    }

    /// Puts a mark on the page being filled.
    pub(super) fn mark(&mut self, mark: Mark, node: Option<NodeId>) {
        let page = self.page();
        self.mark_on(page, mark, node);
    }

    /// Puts a mark on that page.
    pub(super) fn mark_on(&mut self, page: usize, mark: Mark, node: Option<NodeId>) {
        let Some(marks) = self.pages.get_mut(page) else { return };
        marks.push((mark, node));
        let place = marks.len() - 1;
        if let Some(node) = node.and_then(|node| self.nodes.get_mut(node.0)) {
            node.children.push(Child::Mark(page, place));
        }
    }

    /// Begins a new page unless `height` points are left on this one.
    pub(super) fn ensure(&mut self, height: f32) -> Result<(), Error> {
        if self.y + height <= BOTTOM + 0.01 {
            return Ok(());
        }
        if self.pages.len() >= MOST_PAGES {
            return Err(Error::TooManyPages(MOST_PAGES));
        }
        self.pages.push(Vec::new());
        self.y = self.next_top;
        Ok(())
    }

    /// Empty room before the next line.
    pub(super) fn room(&mut self, height: f32) {
        self.y += height;
    }

    /// Sets a paragraph into the flow, breaking pages between its lines.
    pub(super) fn paragraph(&mut self, node: Option<NodeId>, block: Block, items: &[Inline]) -> Result<(), Error> {
        for line in lay_out(items, block.width, &mut self.fragments)? {
            self.ensure(block.line)?;
            let page = self.page();
            self.set_line(page, node, block, self.y, line);
            self.y += block.line;
        }
        Ok(())
    }

    /// Sets a paragraph at `y` of a page, outside the flow; answers where it ends.
    pub(super) fn fixed(
        &mut self,
        page: usize,
        node: Option<NodeId>,
        block: Block,
        y: f32,
        items: &[Inline],
    ) -> Result<f32, Error> {
        let mut at = y;
        for line in lay_out(items, block.width, &mut self.fragments)? {
            self.set_line(page, node, block, at, line);
            at += block.line;
        }
        Ok(at)
    }

    fn set_line(&mut self, page: usize, node: Option<NodeId>, block: Block, top: f32, line: Line) {
        let x = block.x
            + match block.align {
                Align::Left => 0.0,
                Align::Middle => (block.width - line.width) / 2.0,
                Align::Right => block.width - line.width,
            };
        // Thai stacks two marks above the letter: most of the spare height goes above.
        let y = top + block.line * 0.74;
        for piece in line.pieces {
            match piece {
                Piece::Run { x: at, shaped, style } => {
                    self.mark_on(page, Mark::Text { x: x + at, y, shaped, style }, node)
                }
                Piece::Tick { x: at, size, ticked } => {
                    self.mark_on(page, Mark::Tick { x: x + at, y: y + size * 0.1, size, ticked }, node);
                }
                Piece::Leader { from, to } => {
                    self.mark_on(page, Mark::Leader { from: x + from, to: x + to, y: y + block.line * 0.2 }, None);
                }
                Piece::Digits { x: at, shaped, style } => {
                    self.mark_on(page, Mark::Cells { x: x + at, y, shaped: shaped.clone(), size: style.size }, None);
                    self.mark_on(page, Mark::Text { x: x + at, y, shaped, style }, node);
                }
            }
        }
    }
}
